/// Why a model cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file does not begin as model files do.
    #[error(
        "model: the file is no offhook model: given a file that begins with {given:02x?}, allowed is one that `offhook train` wrote"
    )]
    NotAModel {
        /// Its first bytes.
        given: Vec<u8>,
    },
    /// The file is of a version that this program does not read.
    #[error("model: version: given {given}, allowed {allowed}")]
    Version {
        /// The version found.
        given: u32,
        /// The version read.
        allowed: u32,
    },
    /// The file ends too early.
    #[error("model: section {section}: given {left} more bytes, wanted {wanted}: the file is cut short")]
    Short {
        /// The section.
        section: &'static str,
        /// Bytes wanted.
        wanted: usize,
        /// Bytes left.
        left: usize,
    },
    /// A section is longer than what is in it.
    #[error("model: section {section}: given {left} bytes more than it needs")]
    Long {
        /// The section.
        section: &'static str,
        /// Bytes left.
        left: usize,
    },
    /// A weight is infinite or not a number.
    #[error("model: section {section}: given a number that is not finite, allowed are finite ones")]
    NotFinite {
        /// The section.
        section: &'static str,
    },
    /// A text is not UTF-8.
    #[error("model: section {section}: given a text that is not UTF-8")]
    NotText {
        /// The section.
        section: &'static str,
    },
    /// The model was trained on features that this program does not make.
    #[error("model: feature set: given {given:?}, allowed {allowed:?}")]
    FeatureSet {
        /// The feature set found.
        given: String,
        /// The one made here.
        allowed: String,
    },
    /// A section says something that cannot be.
    #[error("model: section {section}: {field}: given {given}, allowed {allowed}")]
    Value {
        /// The section.
        section: &'static str,
        /// What is wrong.
        field: String,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
}
