//! BN254 kernel of the Hengsuan proof system, behind `proofs/backend/native.py`.
//!
//! Buffers cross the border as contiguous bytes in the encodings of `proofs/backend/base.py`; every
//! function checks them, raises the typed errors of `proofs.errors` and releases the GIL.

mod buckets;
mod codec;
mod fault;
mod field;
mod input;
mod mapping;
mod members;
mod msm;
mod ntt;
mod packed;
mod pairing;
mod pointwise;
mod pool;
mod straus;

mod bases;
mod groups;
mod lists;
mod vectors;

#[cfg(test)]
mod tests;

/// The module `hengsuan_native`.
#[pyo3::pymodule]
mod hengsuan_native {
    #[pymodule_export]
    use crate::bases::{G1Bases, G2Bases, KeyFile, seal_key_file, worthwhile_levels};
    #[pymodule_export]
    use crate::groups::{
        g1_check, g1_msm, g1_mul, g1_multiples, g1_neg, g1_sum, g2_check, g2_msm, g2_mul, g2_multiples,
        g2_neg, g2_sum, pairing_product_is_one,
    };
    #[pymodule_export]
    use crate::lists::{
        g1_add, g1_lagrange, g1_products, g1_scale, g2_add, g2_lagrange, g2_products, g2_scale,
    };
    #[pymodule_export]
    use crate::vectors::{
        ntt, poly_divide_linear, poly_eval, quotient, vec_add, vec_check, vec_combine, vec_from_i64,
        vec_inner, vec_inners, vec_inverse, vec_mul, vec_powers, vec_reduce, vec_scale, vec_sub, vec_sum,
    };
}
