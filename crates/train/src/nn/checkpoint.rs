//! The state of a run as bytes, from which it goes on exactly as if it had never stopped.
//!
//! Little-endian: the magic, the seed, batches done, dropout; each of parameters and running figures as a count and so
//! many `f32`; then the optimiser's settings, steps, and its two means per parameter. Counts are checked against the net.

use offhook_detect::net::Architecture;

use super::{Adam, AdamSettings, Net, NnError};

const MAGIC: &[u8; 8] = b"OHTRAIN1";

/// The bytes of a net in training and of its optimiser.
pub fn save(net: &Net, adam: &Adam) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(net.seed.to_le_bytes());
    bytes.extend(net.batches.to_le_bytes());
    bytes.extend(net.dropout.to_le_bytes());
    put(&mut bytes, &net.parameters);
    put(&mut bytes, &net.running);
    let AdamSettings { momentum, memory, epsilon, weight_decay, most_norm } = adam.settings;
    put(&mut bytes, &[momentum, memory, epsilon, weight_decay, most_norm]);
    bytes.extend(adam.steps.to_le_bytes());
    put(&mut bytes, &adam.means);
    put(&mut bytes, &adam.squares);
    bytes
}

/// The net and the optimiser that [`save`] wrote, for the same architecture.
///
/// # Errors
///
/// If the bytes are not such a state, or are one of another architecture.
pub fn restore(architecture: &Architecture, bytes: &[u8]) -> Result<(Net, Adam), NnError> {
    let mut reader = Reader(bytes);
    if reader.array()? != *MAGIC {
        return Err(NnError::value("checkpoint", "something else", "what `save` wrote"));
    }
    let (seed, batches) = (u64::from_le_bytes(reader.array()?), u64::from_le_bytes(reader.array()?));
    let dropout = f32::from_le_bytes(reader.array()?);
    let parameters = reader.numbers()?;
    let running = reader.numbers()?;
    let mut net = Net::new(architecture, !running.is_empty(), dropout, seed)?;
    NnError::unless_equal("checkpoint: parameters", parameters.len(), net.parameters.len())?;
    NnError::unless_equal("checkpoint: running figures", running.len(), net.running.len())?;
    (net.parameters, net.running, net.batches) = (parameters, running, batches);
    let settings = reader.numbers()?;
    let [momentum, memory, epsilon, weight_decay, most_norm] = settings[..] else {
        return Err(NnError::value("checkpoint: settings", settings.len(), 5));
    };
    let settings = AdamSettings { momentum, memory, epsilon, weight_decay, most_norm };
    let steps = u64::from_le_bytes(reader.array()?);
    let (means, squares) = (reader.numbers()?, reader.numbers()?);
    NnError::unless_equal("checkpoint: mean gradients", means.len(), net.parameters.len())?;
    NnError::unless_equal("checkpoint: mean squares", squares.len(), net.parameters.len())?;
    NnError::unless_equal("checkpoint: bytes after its end", reader.0.len(), 0)?;
    Ok((net, Adam { settings, steps, means, squares }))
}

fn put(bytes: &mut Vec<u8>, values: &[f32]) {
    bytes.extend((values.len() as u64).to_le_bytes());
    values.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], NnError> {
        let short = || NnError::value("checkpoint: bytes", self.0.len(), format!("{count} more"));
        let (front, rest) = self.0.split_at_checked(count).ok_or_else(short)?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NnError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// A count and so many finite numbers.
    fn numbers(&mut self) -> Result<Vec<f32>, NnError> {
        let count = usize::try_from(u64::from_le_bytes(self.array()?)).unwrap_or(usize::MAX);
        let bytes = self.bytes(count.saturating_mul(4))?;
        let number = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let finite = |v: f32| match v.is_finite() {
            true => Ok(v),
            false => Err(NnError::value("checkpoint: number", v, "finite numbers")),
        };
        bytes.chunks_exact(4).map(|b| finite(number(b))).collect()
    }
}
