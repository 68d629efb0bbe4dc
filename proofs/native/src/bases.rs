//! The Python classes that hold checked bases, in memory or mapped from a key file.

use std::path::PathBuf;
use std::sync::Arc;

use ark_bn254::{g1, g2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec::{Curve, read_integers, read_points, write_points};
use crate::fault::Fault;
use crate::input::{Input, run, run_bytes};
use crate::mapping::{self, Mapping};
use crate::packed::Packed;
use crate::{msm, pairing};

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

fn multiply_sum<'py, C: Curve>(
    py: Python<'py>,
    bases: &Packed<C>,
    scalars: &Input,
    offset: isize,
) -> Bytes<'py> {
    run_bytes(py, || {
        let scalars = read_integers(scalars.as_slice())?;
        let window = usize::try_from(offset).ok().and_then(|start| bases.run(start, scalars.len()));
        let points = window.ok_or_else(|| {
            Fault::Length(format!(
                "{} scalars at offset {offset} do not fit {} bases",
                scalars.len(),
                bases.len()
            ))
        })?;
        Ok(write_points(&[msm::multiply_sum_of(&points, &scalars)?]))
    })
}

fn table<'py, C: Curve>(py: Python<'py>, bases: &Packed<C>, levels: usize) -> Bytes<'py> {
    run_bytes(py, || Ok(bases.table(levels.max(1))))
}

/// Points of G1.
#[pyclass(frozen)]
pub struct G1Bases(Packed<g1::Config>);

#[pymethods]
impl G1Bases {
    #[new]
    fn new(py: Python<'_>, points: Input) -> PyResult<Self> {
        run(py, || Ok(Packed::new(&read_points(points.as_slice(), true)?))).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn levels(&self) -> usize {
        self.0.levels()
    }

    #[pyo3(signature = (scalars, offset = 0))]
    fn msm<'py>(&self, py: Python<'py>, scalars: Input, offset: isize) -> Bytes<'py> {
        multiply_sum(py, &self.0, &scalars, offset)
    }

    /// The bytes of a table of so many levels, for a key file.
    fn table<'py>(&self, py: Python<'py>, levels: usize) -> Bytes<'py> {
        table(py, &self.0, levels)
    }
}

/// Points of G2; `trusted` skips the subgroup check.
#[pyclass(frozen)]
pub struct G2Bases(Packed<g2::Config>);

#[pymethods]
impl G2Bases {
    #[new]
    fn new(py: Python<'_>, points: Input, trusted: bool) -> PyResult<Self> {
        let bases = run(py, || {
            let bases = read_points(points.as_slice(), true)?;
            if !trusted {
                pairing::require_subgroup(&bases)?;
            }
            Ok(Packed::new(&bases))
        })?;
        Ok(Self(bases))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn levels(&self) -> usize {
        self.0.levels()
    }

    #[pyo3(signature = (scalars, offset = 0))]
    fn msm<'py>(&self, py: Python<'py>, scalars: Input, offset: isize) -> Bytes<'py> {
        multiply_sum(py, &self.0, &scalars, offset)
    }

    /// The bytes of a table of so many levels, for a key file.
    fn table<'py>(&self, py: Python<'py>, levels: usize) -> Bytes<'py> {
        table(py, &self.0, levels)
    }
}

/// A key file mapped into memory; OSError if it is not this owner's alone or its digest is wrong.
#[pyclass(frozen)]
pub struct KeyFile(Arc<Mapping>);

#[pymethods]
impl KeyFile {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, owner: u32) -> PyResult<Self> {
        Ok(Self(Arc::new(py.detach(|| Mapping::open(&path, owner))?)))
    }

    /// The first bytes, as many as there are up to `size`.
    fn head<'py>(&self, py: Python<'py>, size: usize) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0[..size.min(self.0.len())])
    }

    fn g1(&self, start: usize, count: usize, levels: usize) -> PyResult<G1Bases> {
        Ok(G1Bases(Packed::mapped(Arc::clone(&self.0), start, count, levels)?))
    }

    fn g2(&self, start: usize, count: usize, levels: usize) -> PyResult<G2Bases> {
        Ok(G2Bases(Packed::mapped(Arc::clone(&self.0), start, count, levels)?))
    }
}

/// Completes a key file by its digest.
#[pyfunction]
pub fn seal_key_file(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    Ok(py.detach(|| mapping::seal(&path))?)
}

/// How many levels of a table are worth their memory for so many bases, at most `most`.
#[pyfunction]
pub fn worthwhile_levels(py: Python<'_>, count: usize, most: usize) -> PyResult<usize> {
    run(py, || Ok(msm::worthwhile_levels(count, most)))
}
