//! What is sent: the wire's twins of what the engine says.
