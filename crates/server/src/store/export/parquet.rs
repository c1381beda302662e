//! The table as Apache Parquet: a row group for so many calls, one column after the other.

use std::io::Write;
use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::table::{COLUMNS, Cell, Column, Kind};

/// How many calls are one row group.
const GROUP: usize = 20_000;

/// A table that is being written.
pub(super) struct ParquetTable<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    rows: Vec<Vec<Cell>>,
}

fn schema() -> String {
    let column = |Column { name, kind, optional }: &Column| {
        let must = if *optional { "OPTIONAL" } else { "REQUIRED" };
        match kind {
            Kind::Text => format!("{must} BYTE_ARRAY {name} (STRING);"),
            Kind::Time => format!("{must} INT64 {name} (TIMESTAMP(MICROS, true));"),
            Kind::Whole => format!("{must} INT64 {name};"),
            Kind::Real => format!("{must} DOUBLE {name};"),
            Kind::Flag => format!("{must} BOOLEAN {name};"),
        }
    };
    format!("message calls {{ {} }}", COLUMNS.iter().map(column).collect::<String>())
}

impl<W: Write + Send> ParquetTable<W> {
    /// Begins a table.
    pub(super) fn new(output: W) -> Result<Self> {
        let schema = Arc::new(parse_message_type(&schema())?);
        Ok(Self { writer: SerializedFileWriter::new(output, schema, Arc::default())?, rows: Vec::new() })
    }

    /// Adds calls.
    pub(super) fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<()> {
        self.rows.extend(rows);
        if self.rows.len() >= GROUP { self.group() } else { Ok(()) }
    }

    /// Writes what is left and the end of the file.
    pub(super) fn finish(mut self) -> Result<()> {
        if !self.rows.is_empty() {
            self.group()?;
        }
        self.writer.close().map(drop)
    }

    fn group(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group()?;
        for (place, column) in COLUMNS.iter().enumerate() {
            let Some(mut writer) = group.next_column()? else { break };
            let cells = rows.iter().filter_map(|row| row.get(place));
            let levels: Vec<i16> = cells.clone().map(|cell| i16::from(*cell != Cell::Nothing)).collect();
            let levels = column.optional.then_some(levels.as_slice());
            match column.kind {
                Kind::Text => put::<ByteArrayType>(&mut writer, levels, cells, |cell| match cell {
                    Cell::Text(text) => Some(ByteArray::from(text.as_str())),
                    _ => None,
                }),
                Kind::Time => put::<Int64Type>(&mut writer, levels, cells, |cell| match cell {
                    Cell::Time(time) => Some(time.as_microsecond()),
                    _ => None,
                }),
                Kind::Whole => put::<Int64Type>(&mut writer, levels, cells, |cell| match cell {
                    Cell::Whole(number) => Some(*number),
                    _ => None,
                }),
                Kind::Real => put::<DoubleType>(&mut writer, levels, cells, |cell| match cell {
                    Cell::Real(number) => Some(*number),
                    _ => None,
                }),
                Kind::Flag => put::<BoolType>(&mut writer, levels, cells, |cell| match cell {
                    Cell::Flag(flag) => Some(*flag),
                    _ => None,
                }),
            }?;
            writer.close()?;
        }
        group.close().map(drop)
    }
}

/// Writes the values of one column; of those that may be missing, `levels` tells which are there.
fn put<'a, T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    levels: Option<&[i16]>,
    cells: impl Iterator<Item = &'a Cell>,
    value: impl Fn(&Cell) -> Option<T::T>,
) -> Result<()> {
    let values: Vec<T::T> = cells.filter_map(value).collect();
    writer.typed::<T>().write_batch(&values, levels, None).map(drop)
}
