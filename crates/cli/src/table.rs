//! Numbers over time, and the three forms they are written in.

use std::io::{self, Write};

use serde_json::json;

/// Features of a recording: a row a frame.
#[derive(Debug)]
pub(crate) struct Table {
    /// The names of a row's values.
    pub(crate) columns: Vec<String>,
    /// The time of each row, in seconds.
    pub(crate) times: Vec<f64>,
    /// The values, row by row.
    pub(crate) values: Vec<f32>,
}

impl Table {
    fn rows(&self) -> impl Iterator<Item = (f64, &[f32])> {
        self.times.iter().copied().zip(self.values.chunks_exact(self.columns.len().max(1)))
    }

    /// As CSV: a header, then a line a frame, the time first.
    pub(crate) fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "time_s,{}", self.columns.join(","))?;
        for (time, row) in self.rows() {
            write!(out, "{time:.3}")?;
            for value in row {
                write!(out, ",{value}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// As one JSON object that names the set, the columns and the frames, the time first in each.
    pub(crate) fn write_json(&self, set: &str, out: &mut impl Write) -> io::Result<()> {
        let columns: Vec<&str> = std::iter::once("time_s").chain(self.columns.iter().map(String::as_str)).collect();
        let frames: Vec<Vec<serde_json::Value>> = self
            .rows()
            .map(|(time, row)| std::iter::once(json!(time)).chain(row.iter().map(|value| json!(value))).collect())
            .collect();
        writeln!(out, "{}", json!({ "set": set, "columns": columns, "frames": frames }))
    }

    /// As NumPy's array file, version 1.0, of `float32` without times: a row a frame or, `across`, a column a frame.
    pub(crate) fn write_npy(&self, across: bool, out: &mut impl Write) -> io::Result<()> {
        let (frames, width) = (self.times.len(), self.columns.len());
        let (rows, columns) = if across { (width, frames) } else { (frames, width) };
        let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        // Magic, version, length and header fill a multiple of 64 bytes, the last of which is a line feed.
        let padded = (10 + header.len() + 1).next_multiple_of(64);
        header.extend(std::iter::repeat_n(' ', padded - 10 - header.len() - 1));
        header.push('\n');
        out.write_all(b"\x93NUMPY\x01\x00")?;
        out.write_all(&u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes())?;
        out.write_all(header.as_bytes())?;
        for at in 0..rows * columns {
            let place = if across { at % frames * width + at / frames } else { at };
            out.write_all(&self.values[place].to_le_bytes())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            columns: vec!["a".into(), "b".into()],
            times: vec![0.01, 0.02, 0.03],
            values: vec![1.0, -2.5, 3.0, 4.0, 5.0, 1e-7],
        }
    }

    #[test]
    fn csv_has_a_line_a_frame() {
        let mut out = Vec::new();
        table().write_csv(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "time_s,a,b\n0.010,1,-2.5\n0.020,3,4\n0.030,5,0.0000001\n");
    }

    #[test]
    fn arrays_have_numpys_header_and_either_direction() {
        for (across, shape, values) in
            [(false, "(3, 2)", [1.0, -2.5, 3.0, 4.0, 5.0, 1e-7]), (true, "(2, 3)", [1.0, 3.0, 5.0, -2.5, 4.0, 1e-7])]
        {
            let mut out = Vec::new();
            table().write_npy(across, &mut out).unwrap();
            assert_eq!(&out[..8], b"\x93NUMPY\x01\x00");
            let length = 10 + usize::from(u16::from_le_bytes([out[8], out[9]]));
            assert_eq!((length % 64, out[length - 1]), (0, b'\n'));
            assert!(String::from_utf8_lossy(&out[10..length]).contains(&format!("'shape': {shape}, }}")));
            let read: Vec<f32> = out[length..].as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            assert_eq!(read, values);
        }
    }
}
