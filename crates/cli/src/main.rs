//! The command `offhook`.
fn main() {}
