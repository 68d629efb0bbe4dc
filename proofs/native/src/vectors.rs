//! The Python functions on scalar vectors and polynomials.

use ark_bn254::Fr;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::prelude::*;

use crate::codec::{read_scalar, read_scalars, reduce_wide, write_scalars};
use crate::fault::Fault;
use crate::input::{Input, run, run_bytes};
use crate::{field, ntt as transform};

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

fn elementwise<'py>(py: Python<'py>, a: &Input, b: &Input, op: fn(Fr, Fr) -> Fr) -> Bytes<'py> {
    run_bytes(py, || {
        let (a, b) = (read_scalars(a.as_slice())?, read_scalars(b.as_slice())?);
        Ok(write_scalars(&field::zip_with(&a, &b, op)?))
    })
}

#[pyfunction]
pub fn vec_check(py: Python<'_>, a: Input) -> PyResult<()> {
    run(py, || read_scalars(a.as_slice()).map(drop))
}

/// Native-endian 64-bit signed integers to scalars.
#[pyfunction]
pub fn vec_from_i64<'py>(py: Python<'py>, values: Input) -> Bytes<'py> {
    run_bytes(py, || {
        let (words, rest) = values.as_slice().as_chunks::<8>();
        if !rest.is_empty() {
            return Err(Fault::Length("integers of 8 bytes each are required".into()));
        }
        let scalars: Vec<Fr> = words.iter().map(|word| Fr::from(i64::from_ne_bytes(*word))).collect();
        Ok(write_scalars(&scalars))
    })
}

#[pyfunction]
pub fn vec_add<'py>(py: Python<'py>, a: Input, b: Input) -> Bytes<'py> {
    elementwise(py, &a, &b, |x, y| x + y)
}

#[pyfunction]
pub fn vec_sub<'py>(py: Python<'py>, a: Input, b: Input) -> Bytes<'py> {
    elementwise(py, &a, &b, |x, y| x - y)
}

#[pyfunction]
pub fn vec_mul<'py>(py: Python<'py>, a: Input, b: Input) -> Bytes<'py> {
    elementwise(py, &a, &b, |x, y| x * y)
}

#[pyfunction]
pub fn vec_scale<'py>(py: Python<'py>, a: Input, k: Input) -> Bytes<'py> {
    run_bytes(py, || {
        let k = read_scalar(k.as_slice())?;
        let scaled: Vec<Fr> = read_scalars(a.as_slice())?.iter().map(|x| *x * k).collect();
        Ok(write_scalars(&scaled))
    })
}

#[pyfunction]
pub fn vec_combine<'py>(py: Python<'py>, vectors: Vec<Input>, coefficients: Input) -> Bytes<'py> {
    run_bytes(py, || {
        let coefficients = read_scalars(coefficients.as_slice())?;
        let vectors: Result<Vec<_>, Fault> = vectors.iter().map(|v| read_scalars(v.as_slice())).collect();
        Ok(write_scalars(&field::combine(&vectors?, &coefficients)?))
    })
}

#[pyfunction]
pub fn vec_inner<'py>(py: Python<'py>, a: Input, b: Input) -> Bytes<'py> {
    run_bytes(py, || {
        let (a, b) = (read_scalars(a.as_slice())?, read_scalars(b.as_slice())?);
        Ok(write_scalars(&[field::inner(&a, &b)?]))
    })
}

/// Inner products of pairs of vectors; each vector is decoded once.
#[pyfunction]
pub fn vec_inners<'py>(py: Python<'py>, vectors: Vec<Input>, pairs: Vec<(usize, usize)>) -> Bytes<'py> {
    run_bytes(py, || {
        let vectors: Vec<Vec<Fr>> =
            vectors.par_iter().map(|v| read_scalars(v.as_slice())).collect::<Result<_, Fault>>()?;
        let inners: Vec<Fr> = pairs
            .par_iter()
            .map(|(i, j)| match (vectors.get(*i), vectors.get(*j)) {
                (Some(a), Some(b)) => field::inner(a, b),
                _ => Err(Fault::Length(format!("there is no pair ({i}, {j}) of {} vectors", vectors.len()))),
            })
            .collect::<Result<_, Fault>>()?;
        Ok(write_scalars(&inners))
    })
}

#[pyfunction]
pub fn vec_sum<'py>(py: Python<'py>, a: Input) -> Bytes<'py> {
    run_bytes(py, || Ok(write_scalars(&[read_scalars(a.as_slice())?.iter().sum()])))
}

#[pyfunction]
pub fn vec_powers<'py>(py: Python<'py>, x: Input, n: usize) -> Bytes<'py> {
    run_bytes(py, || Ok(write_scalars(&field::powers(read_scalar(x.as_slice())?, n, Fr::from(1u64)))))
}

#[pyfunction]
pub fn vec_inverse<'py>(py: Python<'py>, a: Input) -> Bytes<'py> {
    run_bytes(py, || Ok(write_scalars(&field::inverses(read_scalars(a.as_slice())?)?)))
}

#[pyfunction]
pub fn vec_reduce<'py>(py: Python<'py>, wide: Input) -> Bytes<'py> {
    run_bytes(py, || Ok(write_scalars(&reduce_wide(wide.as_slice())?)))
}

#[pyfunction]
pub fn ntt<'py>(py: Python<'py>, a: Input, inverse: bool) -> Bytes<'py> {
    run_bytes(py, || {
        let values = read_scalars(a.as_slice())?;
        let result = if inverse { transform::inverse(values)? } else { transform::forward(values)? };
        Ok(write_scalars(&result))
    })
}

#[pyfunction]
pub fn poly_eval<'py>(py: Python<'py>, coefficients: Input, x: Input) -> Bytes<'py> {
    run_bytes(py, || {
        let (coefficients, x) = (read_scalars(coefficients.as_slice())?, read_scalar(x.as_slice())?);
        Ok(write_scalars(&[transform::evaluate(&coefficients, x)]))
    })
}

#[pyfunction]
pub fn poly_divide_linear<'py>(py: Python<'py>, coefficients: Input, z: Input) -> Bytes<'py> {
    run_bytes(py, || {
        let (coefficients, z) = (read_scalars(coefficients.as_slice())?, read_scalar(z.as_slice())?);
        Ok(write_scalars(&transform::divide_linear(&coefficients, z)?))
    })
}

#[pyfunction]
pub fn quotient<'py>(py: Python<'py>, a: Input, b: Input, c: Input) -> Bytes<'py> {
    run_bytes(py, || {
        let a = read_scalars(a.as_slice())?;
        let b = read_scalars(b.as_slice())?;
        let c = read_scalars(c.as_slice())?;
        Ok(write_scalars(&transform::quotient(a, b, c)?))
    })
}
