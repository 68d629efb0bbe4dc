//! Every size takes another path: Straus' method, one window's buckets, several threads.

use ark_bn254::{Fr, g1, g2};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::Affine;
use ark_ff::{BigInt, PrimeField};

use super::{integers, naive_sum, points, scalars};
use crate::codec::Curve;
use crate::fault::Fault;
use crate::msm::{multiply_sum, sum};

const SIZES: [usize; 7] = [0, 1, 2, 7, 60, 513, 1500];

fn is_the_naive_sum<C: Curve>(points: &[Affine<C>], scalars: &[BigInt<4>]) -> Result<(), Fault> {
    assert_eq!(multiply_sum(points, scalars)?, naive_sum(points, scalars), "{} terms", points.len());
    Ok(())
}

#[test]
fn of_full_scalars_in_g1() -> Result<(), Fault> {
    for size in SIZES {
        is_the_naive_sum(&points::<g1::Config>(1, size), &integers(&scalars(2, size)))?;
    }
    Ok(())
}

#[test]
fn of_full_scalars_in_g2() -> Result<(), Fault> {
    for size in [1, 7, 60, 600] {
        is_the_naive_sum(&points::<g2::Config>(3, size), &integers(&scalars(4, size)))?;
    }
    Ok(())
}

/// Columns: windows reach only to the longest scalar, and r - v is taken for -v.
#[test]
fn of_small_scalars_of_both_signs() -> Result<(), Fault> {
    for bits in [1, 8, 16, 31, 32, 63, 64] {
        for size in [5, 60, 1500] {
            let mask = u64::MAX >> (64 - bits);
            let signed = scalars(bits, size).into_iter().enumerate().map(|(i, value)| {
                let small = Fr::from(value.into_bigint().0[0] & mask);
                if i % 3 == 0 { -small } else { small }
            });
            let signed: Vec<Fr> = signed.collect();
            is_the_naive_sum(&points::<g1::Config>(5, size), &integers(&signed))?;
        }
    }
    Ok(())
}

/// The ends of the range, and the middle where a scalar's sign changes.
#[test]
fn of_scalars_at_the_borders() -> Result<(), Fault> {
    let half = Fr::from_bigint(Fr::MODULUS_MINUS_ONE_DIV_TWO).unwrap_or_default();
    let one = Fr::from(1u64);
    let borders = [Fr::from(0u64), one, -one, half, half + one, half - one, Fr::from(u64::MAX), -half];
    for repeat in [1, 100] {
        let many = borders.repeat(repeat);
        is_the_naive_sum(&points::<g1::Config>(6, many.len()), &integers(&many))?;
    }
    Ok(())
}

/// Equal points fall into one bucket, where an addition is a doubling; opposite ones cancel there.
#[test]
fn of_equal_opposite_and_infinite_points() -> Result<(), Fault> {
    for size in [4, 80, 1200] {
        let base = points::<g1::Config>(7, 2);
        let list: Vec<Affine<g1::Config>> = (0..size)
            .map(|i| match i % 4 {
                0 | 1 => base[0],
                2 => -base[0],
                _ => Affine::identity(),
            })
            .collect();
        let equal = vec![BigInt::from(5u64); size];
        is_the_naive_sum(&list, &equal)?;
        is_the_naive_sum(&list, &integers(&scalars(8, size)))?;
        assert_eq!(sum(&list), naive_sum(&list, &vec![BigInt::from(1u64); size]));
    }
    Ok(())
}

#[test]
fn of_zeros_and_of_terms_that_cancel_is_infinity() -> Result<(), Fault> {
    for size in [3, 700] {
        let list = points::<g1::Config>(9, size);
        assert!(multiply_sum(&list, &vec![BigInt::from(0u64); size])?.is_zero());
        let both: Vec<_> = list.iter().copied().chain(list.iter().map(|point| -*point)).collect();
        let twice = [scalars(10, size), scalars(10, size)].concat();
        assert!(multiply_sum(&both, &integers(&twice))?.is_zero());
        assert!(sum(&both).is_zero());
    }
    Ok(())
}

#[test]
fn needs_as_many_scalars_as_points() {
    let refused = multiply_sum(&points::<g1::Config>(11, 3), &integers(&scalars(12, 2)));
    assert!(matches!(refused, Err(Fault::Length(_))));
}
