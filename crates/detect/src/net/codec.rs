//! A net as bytes: name, features, window, layers, weights.

use super::{Architecture, Layer, Network};
use crate::model::ModelError;
use crate::model::bytes::{Reader, Writer};

const CONV: u8 = 1;
const GRU: u8 = 2;
const LINEAR: u8 = 3;
const MAX_POOL: u8 = 4;
const AVERAGE: u8 = 5;

impl Network {
    /// Appends it.
    pub(crate) fn write(&self, writer: &mut Writer) {
        let Architecture { name, features, window, layers } = self.architecture();
        writer.text(name);
        writer.u32(*features);
        writer.u32(*window);
        writer.u32(layers.len());
        layers.iter().for_each(|layer| write_layer(layer, writer));
        writer.f32s(self.weights());
    }

    /// Takes one from the front.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ModelError> {
        let name = reader.text()?;
        let features = reader.u32()? as usize;
        let window = reader.u32()? as usize;
        let layers = reader.count(1)?;
        let layers = (0..layers).map(|_| read_layer(reader)).collect::<Result<_, _>>()?;
        let architecture = Architecture { name, features, window, layers };
        architecture.check()?;
        Self::new(architecture, reader.f32s()?)
    }

    /// It as bytes, as they stand in a model file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.0
    }

    /// The net that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// [`ModelError`] if the bytes are no such net, or one that cannot be run.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let mut reader = Reader::new("net", bytes);
        let network = Self::read(&mut reader)?;
        reader.end()?;
        Ok(network)
    }
}

fn write_layer(layer: &Layer, writer: &mut Writer) {
    match *layer {
        Layer::Conv { inputs, outputs, kernel, dilation, stride, relu, residual } => {
            writer.u8(CONV);
            [inputs, outputs, kernel, dilation, stride].into_iter().for_each(|value| writer.u32(value));
            writer.u8(relu.into());
            writer.u8(residual.into());
        }
        Layer::Gru { inputs, units } => {
            writer.u8(GRU);
            writer.u32(inputs);
            writer.u32(units);
        }
        Layer::Linear { inputs, outputs, relu } => {
            writer.u8(LINEAR);
            writer.u32(inputs);
            writer.u32(outputs);
            writer.u8(relu.into());
        }
        Layer::MaxPool { size } => {
            writer.u8(MAX_POOL);
            writer.u32(size);
        }
        Layer::Average => writer.u8(AVERAGE),
    }
}

fn read_layer(reader: &mut Reader<'_>) -> Result<Layer, ModelError> {
    let kind = reader.u8()?;
    let mut count = || Ok::<_, ModelError>(reader.u32()? as usize);
    Ok(match kind {
        CONV => Layer::Conv {
            inputs: count()?,
            outputs: count()?,
            kernel: count()?,
            dilation: count()?,
            stride: count()?,
            relu: flag(reader, "relu")?,
            residual: flag(reader, "residual")?,
        },
        GRU => Layer::Gru { inputs: count()?, units: count()? },
        LINEAR => Layer::Linear { inputs: count()?, outputs: count()?, relu: flag(reader, "relu")? },
        MAX_POOL => Layer::MaxPool { size: count()? },
        AVERAGE => Layer::Average,
        _ => return Err(wrong(reader, "kind of layer", kind, "1 to 5")),
    })
}

fn flag(reader: &mut Reader<'_>, field: &str) -> Result<bool, ModelError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        given => Err(wrong(reader, field, given, "0 or 1")),
    }
}

fn wrong(reader: &Reader<'_>, field: &str, given: u8, allowed: &str) -> ModelError {
    ModelError::Value {
        section: reader.section,
        field: field.into(),
        given: given.to_string(),
        allowed: allowed.into(),
    }
}
