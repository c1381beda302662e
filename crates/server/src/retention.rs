//! Deletes what is too old, and proves it.
