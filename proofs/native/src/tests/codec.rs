//! What is not the one canonical encoding of a point of the curve is refused, and the first fault named.

use ark_bn254::{Fq, Fr, g1, g2};
use ark_ec::short_weierstrass::Affine;
use ark_ff::{BigInteger, PrimeField};

use super::{integers, points, scalars};
use crate::codec::{
    Curve, read_integers, read_one_point, read_points, read_scalar, read_scalars, reduce_wide, write_points,
    write_scalars,
};
use crate::fault::Fault;

fn modulus<F: PrimeField>() -> Vec<u8> {
    F::MODULUS.to_bytes_be()
}

fn replaced(mut bytes: Vec<u8>, at: usize, part: &[u8]) -> Vec<u8> {
    bytes[at..at + part.len()].copy_from_slice(part);
    bytes
}

fn round_trip<C: Curve>() -> Result<(), Fault> {
    let mut list = points::<C>(1, 700);
    list[3] = Affine::identity();
    let bytes = write_points(&list);
    assert_eq!(bytes.len(), 700 * C::POINT_BYTES);
    assert_eq!(read_points::<C>(&bytes, true)?, list);
    assert_eq!(read_points::<C>(&bytes, false), Err(Fault::Infinity(3)));
    assert_eq!(read_one_point::<C>(&bytes[..C::POINT_BYTES])?, list[0]);
    Ok(())
}

#[test]
fn points_survive_a_round_trip() -> Result<(), Fault> {
    round_trip::<g1::Config>()?;
    round_trip::<g2::Config>()
}

fn refusals<C: Curve>() {
    let bytes = write_points(&points::<C>(2, 3));
    let second = C::POINT_BYTES;
    let above = replaced(bytes.clone(), second, &modulus::<Fq>());
    assert_eq!(read_points::<C>(&above, true), Err(Fault::Coordinate(1)));
    let last = replaced(bytes.clone(), 2 * second - 32, &[0xff; 32]);
    assert_eq!(read_points::<C>(&last, true), Err(Fault::Coordinate(1)));
    let mut off = bytes.clone();
    off[3 * second - 1] ^= 1;
    assert_eq!(read_points::<C>(&off, true), Err(Fault::Curve(2)));
    for length in [1, second - 1, second + 1] {
        assert!(matches!(read_points::<C>(&bytes[..length], true), Err(Fault::Length(_))));
    }
    for length in [0, second - 1, 2 * second] {
        assert!(matches!(read_one_point::<C>(&bytes[..length]), Err(Fault::Length(_))));
    }
    // p stands for 0 in no coordinate: not even of infinity.
    let infinite = replaced(vec![0; second], second - 32, &modulus::<Fq>());
    assert_eq!(read_points::<C>(&infinite, true), Err(Fault::Coordinate(0)));
}

#[test]
fn foreign_points_are_refused() {
    refusals::<g1::Config>();
    refusals::<g2::Config>();
}

#[test]
fn scalars_survive_a_round_trip_and_none_is_reduced() -> Result<(), Fault> {
    let values = scalars(3, 600);
    let bytes = write_scalars(&values);
    assert_eq!(read_scalars(&bytes)?, values);
    assert_eq!(read_integers(&bytes)?, integers(&values));
    for wrong in [modulus::<Fr>(), vec![0xff; 32]] {
        let foreign = replaced(bytes.clone(), 32 * 555, &wrong);
        assert_eq!(read_scalars(&foreign), Err(Fault::Scalar(555)));
        assert_eq!(read_integers(&foreign), Err(Fault::Scalar(555)));
        assert_eq!(read_scalar(&wrong), Err(Fault::Scalar(0)));
    }
    assert!(matches!(read_scalars(&bytes[..33]), Err(Fault::Length(_))));
    assert!(matches!(read_scalar(&bytes[..64]), Err(Fault::Length(_))));
    Ok(())
}

#[test]
fn only_wide_integers_are_reduced() -> Result<(), Fault> {
    let wide = [vec![0; 32], modulus::<Fr>(), vec![0xff; 64]].concat();
    let all_ones = Fr::from_be_bytes_mod_order(&[0xff; 64]);
    assert_eq!(reduce_wide(&wide)?, [Fr::from(0u64), all_ones]);
    assert!(matches!(reduce_wide(&wide[..32]), Err(Fault::Length(_))));
    Ok(())
}
