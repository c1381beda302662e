//! Identities as a whole, on a real database.
