//! The threads that kernels run on; RAYON_NUM_THREADS sets their number.

use std::mem;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// The pool and the process it belongs to. After a fork (Celery's workers) the child has the memory
/// of its parent's pool but none of the threads, so it makes its own.
static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

fn current() -> Option<Arc<ThreadPool>> {
    let mut slot = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, pool)) = slot.as_ref()
        && *owner == process::id()
    {
        return Some(Arc::clone(pool));
    }
    let pool = Arc::new(ThreadPoolBuilder::new().build().ok()?);
    // Dropping a pool whose threads are gone could wait for them forever.
    mem::forget(slot.replace((process::id(), Arc::clone(&pool))));
    Some(pool)
}

/// Runs a kernel on the pool, or on this thread if no threads can be had.
pub fn install<T: Send>(kernel: impl FnOnce() -> T + Send) -> T {
    match current() {
        Some(pool) => pool.install(kernel),
        None => kernel(),
    }
}
