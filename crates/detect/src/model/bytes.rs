//! Reading and writing the bytes of a model file: little-endian, every count checked before it is believed.

use super::ModelError;

/// Reads from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    /// The part of the file being read, for errors.
    pub(crate) section: &'static str,
    pub(crate) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(section: &'static str, rest: &'a [u8]) -> Self {
        Self { section, rest }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let Some((front, rest)) = self.rest.split_at_checked(count) else {
            return Err(ModelError::Short { section: self.section, wanted: count, left: self.rest.len() });
        };
        self.rest = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ModelError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ModelError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A count of things of `size` bytes each, which must still be there.
    pub(crate) fn count(&mut self, size: usize) -> Result<usize, ModelError> {
        let count = self.u32()? as usize;
        let wanted = count.saturating_mul(size);
        if wanted > self.rest.len() {
            return Err(ModelError::Short { section: self.section, wanted, left: self.rest.len() });
        }
        Ok(count)
    }

    /// A finite number.
    pub(crate) fn f32(&mut self) -> Result<f32, ModelError> {
        let value = f32::from_le_bytes(self.array()?);
        if value.is_finite() { Ok(value) } else { Err(ModelError::NotFinite { section: self.section }) }
    }

    /// A count and so many finite numbers.
    pub(crate) fn f32s(&mut self) -> Result<Vec<f32>, ModelError> {
        let count = self.count(4)?;
        (0..count).map(|_| self.f32()).collect()
    }

    /// A count and so many bytes of UTF-8.
    pub(crate) fn text(&mut self) -> Result<String, ModelError> {
        let count = self.count(1)?;
        let bytes = self.bytes(count)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| ModelError::NotText { section: self.section })
    }

    /// That nothing is left.
    pub(crate) fn end(&self) -> Result<(), ModelError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(ModelError::Long { section: self.section, left: self.rest.len() })
    }
}

/// Appends to a vector.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: usize) {
        self.0.extend(u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
    }

    pub(crate) fn f32(&mut self, value: f32) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn f32s(&mut self, values: &[f32]) {
        self.u32(values.len());
        values.iter().for_each(|&v| self.f32(v));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.u32(text.len());
        self.0.extend(text.as_bytes());
    }
}
