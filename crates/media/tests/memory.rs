//! How much memory a long source takes. One test only: the count is of the whole process.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Cursor, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use offhook_media::{DecodeOptions, Decoder};
use support::Header;

/// Counts what is allocated and not yet freed, and its peak.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code, reason = "a global allocator is unsafe by its trait")]
// SAFETY: every call is passed on to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn an_hour_takes_no_more_memory_than_a_minute() {
    for (rate, tag, bits) in [(8_000, 7, 8), (16_000, 1, 16)] {
        let head = Header { rate, data_bytes: Some(0), ..Header::new(tag, bits) }.with(&[]);
        let bytes = u64::from(rate) * u64::from(bits / 8) * 3_600;
        let source = Cursor::new(head).chain(io::repeat(0x3c).take(bytes));
        let before = LIVE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let mut decoder = Decoder::open(source, &DecodeOptions::default()).unwrap();
        let (mut samples, mut longest) = (0, 0);
        while let Some(piece) = decoder.next_piece().unwrap() {
            samples += piece.len();
            longest = longest.max(piece.len());
        }
        assert_eq!(samples, 8_000 * 3_600);
        assert!(longest <= 8_192, "{longest}");
        let peak = PEAK.load(Ordering::Relaxed) - before;
        assert!(peak < 512 << 10, "{peak} bytes");
    }
}
