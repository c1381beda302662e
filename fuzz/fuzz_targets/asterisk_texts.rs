//! The texts of ARI and of `chan_websocket`, one a line: none makes them fall over, no name leaves its place in a path,
//! and no id begins a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_telephony::ari::{self, Id, Request};
use offhook_telephony::chan_websocket::{Command, Decoder, Notice, Sending, format};

fuzz_target!(|data: &[u8]| {
    let (mut decoder, mut into) = (Decoder::new(), Vec::new());
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(text) = std::str::from_utf8(line) else { continue };
        let _ = ari::decode(text);
        if let Ok(id) = Id::new(text) {
            let target = Request::set_variable(&id, text, text).target();
            assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
            assert_eq!(target.matches('/').count(), 3);
        }
        match decoder.text(text, &mut into) {
            Ok(Notice::Start(start)) => {
                let format = format(&start.format).expect("a format that was read");
                if let Ok(mut sending) = Sending::new(format, start.frame) {
                    let frames = sending.push(&[1; 200]).expect("frames");
                    assert!(frames.iter().all(|frame| frame.len() == start.frame));
                }
            }
            Ok(Notice::Marked(Some(id))) => {
                if let Ok(command) = Command::Mark(id).encode(decoder.form()) {
                    assert!(command.len() <= 128 && !command.contains('\n'));
                }
            }
            _ => {}
        }
    }
});
