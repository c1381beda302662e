/// Follows the elements of a WebM stream as its bytes pass by, to tell whether it ended between two of them: the demuxer
/// cannot, on a source of unknown length.
#[derive(Debug, Default)]
pub(crate) struct ElementWalk {
    at: u64,
    /// Where the element at hand ends.
    element_end: u64,
    /// Where the outermost element of known length ends.
    stated_end: u64,
    head: Vec<u8>,
    lost: bool,
}

const SEGMENT: u64 = 0x1853_8067;
const CLUSTER: u64 = 0x1f43_b675;

impl ElementWalk {
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.lost {
            let within = self.element_end.saturating_sub(self.at);
            let step = if within > 0 { bytes.len().min(usize::try_from(within).unwrap_or(usize::MAX)) } else { 1 };
            let (taken, rest) = bytes.split_at(step);
            bytes = rest;
            self.at = self.at.saturating_add(step as u64);
            if within == 0 {
                self.head.extend_from_slice(taken);
                self.enter();
            }
        }
    }

    /// Whether the bytes so far are whole elements, and all that were stated.
    pub(crate) fn is_whole(&self) -> bool {
        !self.lost && self.head.is_empty() && self.at >= self.element_end && self.at >= self.stated_end
    }

    /// Once an element's head is complete, steps into it or marks it to be passed over.
    fn enter(&mut self) {
        let Some(id_length) = vint_length(&self.head) else { return };
        if id_length > 4 {
            self.lost = true;
            return;
        }
        let Some(size_length) = vint_length(self.head.get(id_length..).unwrap_or(&[])) else { return };
        if size_length > 8 {
            self.lost = true;
            return;
        }
        if self.head.len() < id_length + size_length {
            return;
        }
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let id = number(&self.head[..id_length]);
        let mask = (1u64 << (7 * size_length)) - 1;
        let size = number(&self.head[id_length..]) & mask;
        self.head.clear();
        let end = self.at.saturating_add(size);
        match id {
            SEGMENT | CLUSTER if size == mask => {}
            SEGMENT | CLUSTER => self.stated_end = self.stated_end.max(end),
            _ => self.element_end = end,
        }
    }
}

/// The length in bytes of the variable-length number that these bytes begin; 9 for one that is not allowed.
fn vint_length(bytes: &[u8]) -> Option<usize> {
    bytes.first().map(|first| first.leading_zeros() as usize + 1)
}
