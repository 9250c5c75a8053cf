// SPDX-License-Identifier: Apache-2.0
//! What a module without std needs from somebody. An instance serves one call and is thrown away, so the allocator only
//! takes back, and enlarges in place, the newest block.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size, unreachable};
use core::cell::Cell;
use core::fmt::Write;

const PAGE: usize = 65536;

extern "C" {
    static __heap_base: u8; // made by the linker: the first byte after data and stack
}

struct Bump {
    top: Cell<usize>,
}

// A module has one thread.
unsafe impl Sync for Bump {}

impl Bump {
    /// Makes `[start, start + size)` usable and the newest block.
    fn reserve(&self, start: usize, size: usize) -> bool {
        let Some(end) = start.checked_add(size) else { return false };
        let have = memory_size(0).saturating_mul(PAGE);
        if end > have && memory_grow(0, (end - have).div_ceil(PAGE)) == usize::MAX {
            return false;
        }
        self.top.set(end);
        true
    }
}

unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let top = if self.top.get() == 0 { &raw const __heap_base as usize } else { self.top.get() };
        let start = top.next_multiple_of(layout.align());
        if self.reserve(start, layout.size()) { start as *mut u8 } else { core::ptr::null_mut() }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block as usize + layout.size() == self.top.get() {
            self.top.set(block as usize);
        }
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if block as usize + layout.size() == self.top.get() {
            return if self.reserve(block as usize, size) { block } else { core::ptr::null_mut() };
        }
        let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
        if !new.is_null() {
            core::ptr::copy_nonoverlapping(block, new, layout.size().min(size));
        }
        new
    }
}

#[global_allocator]
static ALLOCATOR: Bump = Bump { top: Cell::new(0) };

struct Message;

impl Write for Message {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        unsafe { crate::abi::error_write(text.as_ptr(), text.len()) };
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let _ = write!(Message, "{info}");
    unreachable()
}
