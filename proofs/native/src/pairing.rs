//! Subgroup membership in G2 and products of pairings.

use ark_bn254::{Bn254, Config, G1Affine, G2Affine};
use ark_ec::bn::BnConfig;
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;
use rayon::prelude::*;

use crate::fault::{Fault, same_length};
use crate::members;

/// Whether every point lies in the subgroup of order r; the fault names the first that does not.
pub fn require_subgroup(points: &[G2Affine]) -> Result<(), Fault> {
    if points.len() > SHORT {
        return require_all(points);
    }
    let unknown: Vec<G2Affine> =
        points.iter().filter(|point| members::find(point).is_none()).copied().collect();
    if require_all(&unknown).is_err() {
        return require_all(points);
    }
    unknown.into_iter().for_each(members::remember);
    Ok(())
}

fn require_all(points: &[G2Affine]) -> Result<(), Fault> {
    let outside = points.par_iter().position_first(|point| !is_in_subgroup(point));
    outside.map_or(Ok(()), |index| Err(Fault::Subgroup(index)))
}

/// Lists up to this length are remembered when all their points were in the subgroup.
const SHORT: usize = 16;

/// [u+1]Q + psi([u]Q) + psi^2([u]Q) = psi^3([2u]Q), see `proofs/backend/subgroup.py` (eprint
/// 2022/348).
fn is_in_subgroup(point: &G2Affine) -> bool {
    let by_u = point.mul_bigint(Config::X).into_affine();
    let once = psi(by_u);
    let left = by_u.into_group() + point + once + psi(once);
    let right = psi(psi(psi((by_u + by_u).into_affine())));
    left == right
}

/// Untwist, Frobenius, twist: (conj(x) * xi^((p-1)/3), conj(y) * xi^((p-1)/2)), xi = 9 + i.
fn psi(mut point: G2Affine) -> G2Affine {
    point.x.conjugate_in_place();
    point.y.conjugate_in_place();
    point.x *= Config::TWIST_MUL_BY_Q_X;
    point.y *= Config::TWIST_MUL_BY_Q_Y;
    point
}

/// Whether the product of e(lefts[i], rights[i]) is 1, with one final exponentiation.
pub fn product_is_one(lefts: &[G1Affine], rights: &[G2Affine]) -> Result<bool, Fault> {
    same_length(lefts.len(), rights.len())?;
    require_subgroup(rights)?;
    let (lefts, rights): (Vec<G1Affine>, Vec<G2Affine>) =
        lefts.iter().zip(rights).filter(|(left, right)| !left.is_zero() && !right.is_zero()).unzip();
    // Both cores, and on each of them one squaring for all its pairs.
    let share = lefts.len().div_ceil(rayon::current_num_threads()).max(1);
    let product = lefts
        .par_chunks(share)
        .zip(rights.par_chunks(share))
        .map(|(lefts, rights)| Bn254::multi_miller_loop(lefts, rights.iter().map(members::prepared)).0)
        .product();
    let product = MillerLoopOutput(product);
    // The Miller value of subgroup points is never zero, the only value without an exponentiation.
    Ok(Bn254::final_exponentiation(product).is_some_and(|value| value.0 == Field::ONE))
}
