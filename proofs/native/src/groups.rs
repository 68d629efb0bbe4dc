//! The Python functions on points.

use ark_bn254::{g1, g2};
use ark_ec::scalar_mul::BatchMulPreprocessing;
use ark_ec::short_weierstrass::Affine;
use ark_ec::{AffineRepr, CurveGroup};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec::{
    Curve, read_integers, read_one_point, read_points, read_scalar, read_scalars, write_points,
};
use crate::input::{Input, run, run_bytes};
use crate::{msm, pairing};

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

fn sum<'py, C: Curve>(py: Python<'py>, points: &Input) -> Bytes<'py> {
    run_bytes(py, || Ok(write_points(&[msm::sum(&read_points::<C>(points.as_slice(), true)?)])))
}

fn neg<'py, C: Curve>(py: Python<'py>, points: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let negated: Vec<Affine<C>> =
            read_points::<C>(points.as_slice(), true)?.into_iter().map(|point| -point).collect();
        Ok(write_points(&negated))
    })
}

fn mul<'py, C: Curve>(py: Python<'py>, point: &Input, k: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let point = read_one_point::<C>(point.as_slice())?;
        Ok(write_points(&[(point * read_scalar(k.as_slice())?).into_affine()]))
    })
}

fn multi<'py, C: Curve>(py: Python<'py>, points: &Input, scalars: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let points = read_points::<C>(points.as_slice(), true)?;
        let scalars = read_integers(scalars.as_slice())?;
        Ok(write_points(&[msm::multiply_sum(&points, &scalars)?]))
    })
}

fn multiples<'py, C: Curve>(py: Python<'py>, point: &Input, scalars: &Input) -> Bytes<'py> {
    run_bytes(py, || {
        let point = read_one_point::<C>(point.as_slice())?;
        let scalars = read_scalars(scalars.as_slice())?;
        let table = BatchMulPreprocessing::new(point.into_group(), scalars.len());
        Ok(write_points(&table.batch_mul(&scalars)))
    })
}

#[pyfunction]
pub fn g1_check(py: Python<'_>, points: Input, allow_infinity: bool) -> PyResult<()> {
    run(py, || read_points::<g1::Config>(points.as_slice(), allow_infinity).map(drop))
}

#[pyfunction]
pub fn g2_check(py: Python<'_>, points: Input, allow_infinity: bool) -> PyResult<()> {
    run(py, || pairing::require_subgroup(&read_points(points.as_slice(), allow_infinity)?))
}

#[pyfunction]
pub fn g1_sum<'py>(py: Python<'py>, points: Input) -> Bytes<'py> {
    sum::<g1::Config>(py, &points)
}

#[pyfunction]
pub fn g2_sum<'py>(py: Python<'py>, points: Input) -> Bytes<'py> {
    sum::<g2::Config>(py, &points)
}

#[pyfunction]
pub fn g1_neg<'py>(py: Python<'py>, points: Input) -> Bytes<'py> {
    neg::<g1::Config>(py, &points)
}

#[pyfunction]
pub fn g2_neg<'py>(py: Python<'py>, points: Input) -> Bytes<'py> {
    neg::<g2::Config>(py, &points)
}

#[pyfunction]
pub fn g1_mul<'py>(py: Python<'py>, point: Input, k: Input) -> Bytes<'py> {
    mul::<g1::Config>(py, &point, &k)
}

#[pyfunction]
pub fn g2_mul<'py>(py: Python<'py>, point: Input, k: Input) -> Bytes<'py> {
    mul::<g2::Config>(py, &point, &k)
}

#[pyfunction]
pub fn g1_msm<'py>(py: Python<'py>, points: Input, scalars: Input) -> Bytes<'py> {
    multi::<g1::Config>(py, &points, &scalars)
}

#[pyfunction]
pub fn g2_msm<'py>(py: Python<'py>, points: Input, scalars: Input) -> Bytes<'py> {
    multi::<g2::Config>(py, &points, &scalars)
}

#[pyfunction]
pub fn g1_multiples<'py>(py: Python<'py>, point: Input, scalars: Input) -> Bytes<'py> {
    multiples::<g1::Config>(py, &point, &scalars)
}

#[pyfunction]
pub fn g2_multiples<'py>(py: Python<'py>, point: Input, scalars: Input) -> Bytes<'py> {
    multiples::<g2::Config>(py, &point, &scalars)
}

#[pyfunction]
pub fn pairing_product_is_one(py: Python<'_>, g1_points: Input, g2_points: Input) -> PyResult<bool> {
    run(py, || {
        let lefts = read_points(g1_points.as_slice(), true)?;
        let rights = read_points(g2_points.as_slice(), true)?;
        pairing::product_is_one(&lefts, &rights)
    })
}
