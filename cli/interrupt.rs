//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;
use crate::terminal::{note, show, warn};

/// A flag that the first signal sets. The second ends the process at once, which costs the runs in flight only:
/// finished ones are on disk.
pub fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let caught = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            show(None);
            process::exit(i32::from(Exit::Stopped as u8));
        }
        note("stopping: runs in flight are finished first; again to abort them");
    });
    if let Err(error) = caught {
        warn(format_args!("signals cannot be caught ({error}); finished runs are kept all the same"));
    }
    stop
}
