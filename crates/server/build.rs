//! Builds again when a migration is added: the compiler knows of changed ones only.

#[allow(clippy::print_stdout, reason = "this is how cargo is spoken to")]
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
