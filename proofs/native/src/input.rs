//! Bytes from Python, and kernels run without the GIL.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::fault::Fault;
use crate::pool;

/// A bytes-like argument. Immutable bytes are borrowed; anything that another thread could change
/// meanwhile is copied.
pub enum Input {
    Borrowed(PyBackedBytes),
    Copied(Vec<u8>),
}

impl Input {
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Input {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::Borrowed(bytes.to_owned().into()));
        }
        PyBuffer::<u8>::get(&object)?.to_vec(object.py()).map(Self::Copied)
    }
}

/// Runs a kernel on the pool with the GIL released.
pub fn run<T: Send>(py: Python<'_>, kernel: impl FnOnce() -> Result<T, Fault> + Send) -> PyResult<T> {
    Ok(py.detach(|| pool::install(kernel))?)
}

/// The same for a kernel that answers with bytes.
pub fn run_bytes<'py>(
    py: Python<'py>,
    kernel: impl FnOnce() -> Result<Vec<u8>, Fault> + Send,
) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &run(py, kernel)?))
}
