//! WebSocket frames (RFC 6455), made ahead.

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// What masks all frames. A client must mask; that the mask be unforeseeable protects proxies from pages in browsers,
/// which this is not.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x17, 0x9e];

fn append(frames: &mut Vec<u8>, code: Data, payload: Vec<u8>) -> Result<(), Error> {
    let mut frame = Frame::message(payload, OpCode::Data(code), true);
    frame.header_mut().mask = Some(MASK);
    frame.format(frames)
}

/// Appends a frame of text.
pub(crate) fn text(frames: &mut Vec<u8>, payload: String) -> Result<(), Error> {
    append(frames, Data::Text, payload.into_bytes())
}

/// Appends a frame of bytes.
pub(crate) fn binary(frames: &mut Vec<u8>, payload: Vec<u8>) -> Result<(), Error> {
    append(frames, Data::Binary, payload)
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};
    use tokio_tungstenite::tungstenite::{Error, Message};

    struct Reader(std::io::Cursor<Vec<u8>>);

    impl std::io::Read for Reader {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(bytes)
        }
    }

    impl std::io::Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_server_reads_what_was_made_ahead() {
        let mut frames = Vec::new();
        super::text(&mut frames, "{}".to_owned()).unwrap();
        super::binary(&mut frames, vec![7; 160]).unwrap();
        let mut server = WebSocket::from_raw_socket(Reader(std::io::Cursor::new(frames)), Role::Server, None);
        assert_eq!(server.read().unwrap(), Message::text("{}"));
        assert_eq!(server.read().unwrap(), Message::binary(vec![7; 160]));
        assert!(matches!(server.read().unwrap_err(), Error::Protocol(_)), "nothing else");
    }
}
