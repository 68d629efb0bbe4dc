//! The Python functions that answer with as many points as they are given.

use ark_bn254::{g1, g2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec::{Curve, read_points, read_scalar, read_scalars, write_points};
use crate::input::{Input, run_bytes};
use crate::pointwise;

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

fn add<'py, C: Curve>(py: Python<'py>, a: &Input, b: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let (a, b) = (read_points::<C>(a.as_slice(), true)?, read_points::<C>(b.as_slice(), true)?);
        Ok(write_points(&pointwise::add(&a, &b)?))
    })
}

fn scale<'py, C: Curve>(py: Python<'py>, points: &Input, k: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let points = read_points::<C>(points.as_slice(), true)?;
        Ok(write_points(&pointwise::scale(&points, read_scalar(k.as_slice())?)))
    })
}

fn products<'py, C: Curve>(py: Python<'py>, points: &Input, scalars: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let points = read_points::<C>(points.as_slice(), true)?;
        Ok(write_points(&pointwise::multiply(&points, &read_scalars(scalars.as_slice())?)?))
    })
}

fn lagrange<'py, C: Curve>(py: Python<'py>, powers: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let powers = read_points::<C>(powers.as_slice(), true)?;
        Ok(write_points(&pointwise::lagrange(&powers)?))
    })
}

#[pyfunction]
pub fn g1_add<'py>(py: Python<'py>, a: Input, b: Input) -> Bytes<'py> {
    add::<g1::Config>(py, &a, &b)
}

#[pyfunction]
pub fn g2_add<'py>(py: Python<'py>, a: Input, b: Input) -> Bytes<'py> {
    add::<g2::Config>(py, &a, &b)
}

#[pyfunction]
pub fn g1_scale<'py>(py: Python<'py>, points: Input, k: Input) -> Bytes<'py> {
    scale::<g1::Config>(py, &points, &k)
}

#[pyfunction]
pub fn g2_scale<'py>(py: Python<'py>, points: Input, k: Input) -> Bytes<'py> {
    scale::<g2::Config>(py, &points, &k)
}

#[pyfunction]
pub fn g1_products<'py>(py: Python<'py>, points: Input, scalars: Input) -> Bytes<'py> {
    products::<g1::Config>(py, &points, &scalars)
}

#[pyfunction]
pub fn g2_products<'py>(py: Python<'py>, points: Input, scalars: Input) -> Bytes<'py> {
    products::<g2::Config>(py, &points, &scalars)
}

#[pyfunction]
pub fn g1_lagrange<'py>(py: Python<'py>, powers: Input) -> Bytes<'py> {
    lagrange::<g1::Config>(py, &powers)
}

#[pyfunction]
pub fn g2_lagrange<'py>(py: Python<'py>, powers: Input) -> Bytes<'py> {
    lagrange::<g2::Config>(py, &powers)
}
