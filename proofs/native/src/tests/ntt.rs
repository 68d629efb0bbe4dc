//! Transforms against evaluation point by point; lengths above 2^11 are split between threads.

use ark_bn254::Fr;
use ark_ff::{FftField, Field, Zero};

use super::scalars;
use crate::fault::Fault;
use crate::ntt::{divide_linear, evaluate, forward, inverse, quotient, roots};

fn root(size: usize) -> Fr {
    let exponent = 1u64 << (Fr::TWO_ADICITY - size.ilog2());
    Fr::TWO_ADIC_ROOT_OF_UNITY.pow([exponent])
}

#[test]
fn a_transform_evaluates_at_the_powers_of_the_root() -> Result<(), Fault> {
    for size in [1, 2, 8, 64, 4096] {
        let coefficients = scalars(1, size);
        let values = forward(coefficients.clone())?;
        for i in [0, 1, size / 2, size - 1] {
            assert_eq!(values[i % size], evaluate(&coefficients, root(size).pow([(i % size) as u64])));
        }
    }
    Ok(())
}

#[test]
fn the_inverse_undoes_the_transform_and_the_transform_the_inverse() -> Result<(), Fault> {
    for size in [1, 2, 16, 1 << 11, 1 << 13] {
        let values = scalars(2, size);
        assert_eq!(inverse(forward(values.clone())?)?, values);
        assert_eq!(forward(inverse(values.clone())?)?, values);
    }
    Ok(())
}

#[test]
fn the_cached_roots_serve_a_smaller_size_after_a_larger_one() -> Result<(), Fault> {
    forward(scalars(3, 1 << 12))?;
    assert_eq!(roots(16)[8 + 3], root(16).pow([3]));
    let small = scalars(3, 16);
    assert_eq!(forward(small.clone())?[1], evaluate(&small, root(16)));
    Ok(())
}

#[test]
fn a_domain_is_a_power_of_two() {
    for size in [0, 3, 12, 1000] {
        assert!(matches!(forward(scalars(4, size)), Err(Fault::Length(_))), "{size} values");
    }
}

#[test]
fn the_quotient_times_the_vanishing_polynomial_is_the_difference() -> Result<(), Fault> {
    for size in [2usize, 8, 4096] {
        let (a, b) = (scalars(5, size), scalars(6, size));
        let c: Vec<Fr> = a.iter().zip(&b).map(|(x, y)| *x * y).collect();
        let h = quotient(a.clone(), b.clone(), c.clone())?;
        assert_eq!(h.len(), size - 1);
        let x = Fr::from(123_456_789u64);
        let at = |values: &[Fr]| inverse(values.to_vec()).map(|coefficients| evaluate(&coefficients, x));
        let vanishing = x.pow([size as u64]) - Fr::ONE;
        assert_eq!(at(&a)? * at(&b)? - at(&c)?, evaluate(&h, x) * vanishing);
    }
    Ok(())
}

#[test]
fn the_first_row_that_does_not_hold_is_named() {
    let (a, b) = (scalars(7, 8), scalars(8, 8));
    let mut c: Vec<Fr> = a.iter().zip(&b).map(|(x, y)| *x * y).collect();
    c[5] += Fr::ONE;
    c[6] += Fr::ONE;
    assert_eq!(quotient(a, b, c), Err(Fault::Remainder(5)));
}

#[test]
fn linear_division_opens_a_polynomial() -> Result<(), Fault> {
    let f = scalars(9, 33);
    let (x, z) = (Fr::from(77u64), Fr::from(1_000_003u64));
    let opening = divide_linear(&f, z)?;
    assert_eq!(evaluate(&opening, x) * (x - z), evaluate(&f, x) - evaluate(&f, z));
    assert!(divide_linear(&f[..1], z)?.is_empty());
    assert!(evaluate(&[], z).is_zero());
    assert!(matches!(divide_linear(&[], z), Err(Fault::Length(_))));
    Ok(())
}
