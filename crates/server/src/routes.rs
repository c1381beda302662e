//! Addresses and what answers there.

/// The OpenAPI 3.1 document, as JSON.
pub fn openapi() -> String {
    todo!()
}
