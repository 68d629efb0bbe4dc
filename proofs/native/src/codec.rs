//! Strict decoding and encoding of the wire format of `proofs/backend/base.py`.
//!
//! Scalars and coordinates are 32 bytes, big-endian, canonical. A G1 point is `x || y` (EIP-196), a
//! G2 point `x1 || x0 || y1 || y0` (EIP-197), infinity is all zeros. Nothing is reduced silently.

use ark_bn254::{Fq, Fq2, Fr, g1, g2};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{BigInt, BigInteger, Field, PrimeField, Zero};
use rayon::prelude::*;

use crate::fault::Fault;

pub const SCALAR_BYTES: usize = 32;

/// Elements a rayon job decodes at least, so that short buffers stay on one thread.
const GRAIN: usize = 512;

/// A coordinate of a point: an element of F_p or of F_p^2.
pub trait Coordinate: Field {
    const BYTES: usize;

    /// `None` if a number is not below p. `raw` has `BYTES` bytes.
    fn read(raw: &[u8]) -> Option<Self>;
    fn write(&self, out: &mut Vec<u8>);

    /// From and to Montgomery limbs, see `packed`; nothing is checked. `raw` has `BYTES` bytes.
    fn unpack(raw: &[u8]) -> Self;
    fn pack(&self, out: &mut Vec<u8>);
}

/// One of the two source groups of the pairing.
pub trait Curve: SWCurveConfig<BaseField: Coordinate, ScalarField = Fr> {
    const NAME: &'static str;
    const POINT_BYTES: usize = 2 * <Self::BaseField as Coordinate>::BYTES;
}

impl Curve for g1::Config {
    const NAME: &'static str = "G1";
}

impl Curve for g2::Config {
    const NAME: &'static str = "G2";
}

impl Coordinate for Fq {
    const BYTES: usize = 32;

    fn read(raw: &[u8]) -> Option<Self> {
        Self::from_bigint(read_integer(raw))
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_integer(self.into_bigint(), out);
    }

    fn unpack(raw: &[u8]) -> Self {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(raw.as_chunks().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        Self::new_unchecked(BigInt::new(limbs))
    }

    fn pack(&self, out: &mut Vec<u8>) {
        self.0.0.iter().for_each(|limb| out.extend_from_slice(&limb.to_le_bytes()));
    }
}

impl Coordinate for Fq2 {
    const BYTES: usize = 64;

    fn read(raw: &[u8]) -> Option<Self> {
        let (imaginary, real) = raw.split_at(Fq::BYTES);
        Some(Self::new(Fq::read(real)?, Fq::read(imaginary)?))
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.c1.write(out);
        self.c0.write(out);
    }

    fn unpack(raw: &[u8]) -> Self {
        let (real, imaginary) = raw.split_at(Fq::BYTES);
        Self::new(Fq::unpack(real), Fq::unpack(imaginary))
    }

    fn pack(&self, out: &mut Vec<u8>) {
        self.c0.pack(out);
        self.c1.pack(out);
    }
}

fn read_integer(raw: &[u8]) -> BigInt<4> {
    let mut limbs = [0u64; 4];
    for (limb, bytes) in limbs.iter_mut().rev().zip(raw.chunks_exact(8)) {
        *limb = bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    }
    BigInt::new(limbs)
}

fn write_integer(value: BigInt<4>, out: &mut Vec<u8>) {
    for limb in value.0.iter().rev() {
        out.extend_from_slice(&limb.to_be_bytes());
    }
}

fn require_multiple(raw: &[u8], size: usize, what: &str) -> Result<(), Fault> {
    if raw.len().is_multiple_of(size) {
        return Ok(());
    }
    Err(Fault::Length(format!(
        "{what}: {} bytes are not a multiple of {size}; pass whole elements",
        raw.len()
    )))
}

/// Scalars as plain integers below r, for multi-scalar multiplication.
pub fn read_integers(raw: &[u8]) -> Result<Vec<BigInt<4>>, Fault> {
    read_each(raw, |value| (value < Fr::MODULUS).then_some(value))
}

/// Scalars as field elements.
pub fn read_scalars(raw: &[u8]) -> Result<Vec<Fr>, Fault> {
    read_each(raw, Fr::from_bigint)
}

/// Every scalar through `convert`; the fault names the first that it refuses, whatever the threads do.
fn read_each<T: Send>(raw: &[u8], convert: impl Fn(BigInt<4>) -> Option<T> + Sync) -> Result<Vec<T>, Fault> {
    require_multiple(raw, SCALAR_BYTES, "scalars")?;
    let items = raw.par_chunks_exact(SCALAR_BYTES).with_min_len(GRAIN);
    let converted: Option<Vec<T>> = items.map(|item| convert(read_integer(item))).collect();
    converted.ok_or_else(|| {
        let mut items = raw.chunks_exact(SCALAR_BYTES);
        Fault::Scalar(items.position(|item| convert(read_integer(item)).is_none()).unwrap_or_default())
    })
}

/// Exactly one scalar.
pub fn read_scalar(raw: &[u8]) -> Result<Fr, Fault> {
    match read_scalars(raw)?.as_slice() {
        [scalar] => Ok(*scalar),
        other => Err(Fault::Length(format!("{} scalars where one is required", other.len()))),
    }
}

/// 64-byte integers modulo r, as `hi * 2^256 + lo`.
pub fn reduce_wide(raw: &[u8]) -> Result<Vec<Fr>, Fault> {
    require_multiple(raw, 2 * SCALAR_BYTES, "wide integers")?;
    let shift = Fr::from(2u64).pow([256]);
    Ok(raw
        .chunks_exact(2 * SCALAR_BYTES)
        .map(|item| {
            let (high, low) = item.split_at(SCALAR_BYTES);
            reduce(read_integer(high)) * shift + reduce(read_integer(low))
        })
        .collect())
}

fn reduce(mut value: BigInt<4>) -> Fr {
    // 2^256 < 6r, so at most five subtractions.
    while value >= Fr::MODULUS {
        value.sub_with_borrow(&Fr::MODULUS);
    }
    Fr::from_bigint(value).unwrap_or_default()
}

pub fn write_scalars(values: &[Fr]) -> Vec<u8> {
    let mut out = vec![0; values.len() * SCALAR_BYTES];
    let items = out.par_chunks_exact_mut(SCALAR_BYTES).with_min_len(GRAIN);
    items.zip(values).for_each(|(item, value)| {
        for (bytes, limb) in item.as_chunks_mut().0.iter_mut().zip(value.into_bigint().0.iter().rev()) {
            *bytes = limb.to_be_bytes();
        }
    });
    out
}

/// Points on the curve; for G2 the subgroup is not looked at, see `pairing::require_subgroup`.
pub fn read_points<C: Curve>(raw: &[u8], allow_infinity: bool) -> Result<Vec<Affine<C>>, Fault> {
    require_multiple(raw, C::POINT_BYTES, &format!("{} points", C::NAME))?;
    // Collected in two steps so that the fault named is the first one, whatever the threads do.
    let points: Vec<Result<Affine<C>, Fault>> = raw
        .par_chunks_exact(C::POINT_BYTES)
        .with_min_len(GRAIN)
        .enumerate()
        .map(|(i, item)| read_point(item, i, allow_infinity))
        .collect();
    points.into_iter().collect()
}

/// Exactly one point; infinity is allowed.
pub fn read_one_point<C: Curve>(raw: &[u8]) -> Result<Affine<C>, Fault> {
    if raw.len() != C::POINT_BYTES {
        return Err(Fault::Length(format!(
            "one {} point has {} bytes, not {}",
            C::NAME,
            C::POINT_BYTES,
            raw.len()
        )));
    }
    read_point(raw, 0, true)
}

fn read_point<C: Curve>(raw: &[u8], index: usize, allow_infinity: bool) -> Result<Affine<C>, Fault> {
    let (x, y) = raw.split_at(raw.len() / 2);
    let x = C::BaseField::read(x).ok_or(Fault::Coordinate(index))?;
    let y = C::BaseField::read(y).ok_or(Fault::Coordinate(index))?;
    if x.is_zero() && y.is_zero() {
        return if allow_infinity { Ok(Affine::identity()) } else { Err(Fault::Infinity(index)) };
    }
    let point = Affine::new_unchecked(x, y);
    if point.is_on_curve() { Ok(point) } else { Err(Fault::Curve(index)) }
}

pub fn write_points<C: Curve>(points: &[Affine<C>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * C::POINT_BYTES);
    for point in points {
        match point.xy() {
            Some((x, y)) => {
                x.write(&mut out);
                y.write(&mut out);
            }
            None => out.resize(out.len() + C::POINT_BYTES, 0),
        }
    }
    out
}
