//! Drives one call.
