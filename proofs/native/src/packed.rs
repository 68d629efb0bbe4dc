//! Points as Montgomery limbs, little-endian, ready to use: 64 bytes in G1, 128 in G2.
//!
//! This form never leaves the machine: it is what bases keep in memory and what a key file of
//! `proofs/key_cache.py` holds, to be mapped without parsing. Infinity is all zeros; as both curves
//! have odd order, no other point has y = 0.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::Affine;
use ark_ff::{AdditiveGroup, Field, Zero};
use rayon::prelude::*;

use crate::codec::{Coordinate, Curve};
use crate::fault::Fault;
use crate::field::batch_invert;
use crate::mapping::Mapping;

/// Bits that the windows of a scalar cover: |k| <= r/2 < 2^253, and a spare bit for signed digits.
pub const COVERED_BITS: usize = 254;

/// Points that share one inversion where tables are made.
const BLOCK: usize = 1 << 10;

/// Packed points, in memory or mapped from a file.
enum Storage {
    Memory(Vec<u8>),
    File(Arc<Mapping>, Range<usize>),
}

/// `levels * count` points: level j holds 2^(j * stride) times the points of level 0.
pub struct Packed<C: Curve> {
    storage: Storage,
    count: usize,
    levels: usize,
    curve: PhantomData<C>,
}

/// A run of the same points at every level.
pub struct Run<'a, C: Curve> {
    raw: &'a [u8],
    count: usize,
    levels: usize,
    start: usize,
    pub len: usize,
    curve: PhantomData<C>,
}

impl<C: Curve> Packed<C> {
    pub fn new(points: &[Affine<C>]) -> Self {
        let mut raw = Vec::with_capacity(points.len() * C::POINT_BYTES);
        points.iter().for_each(|point| pack(point, &mut raw));
        Self { storage: Storage::Memory(raw), count: points.len(), levels: 1, curve: PhantomData }
    }

    /// `levels * count` points from `start` on; the file's digest vouches for them.
    pub fn mapped(file: Arc<Mapping>, start: usize, count: usize, levels: usize) -> Result<Self, Fault> {
        let end = count
            .checked_mul(levels)
            .and_then(|points| points.checked_mul(C::POINT_BYTES))
            .and_then(|bytes| bytes.checked_add(start))
            .filter(|end| (1..=COVERED_BITS).contains(&levels) && *end <= file.len());
        let Some(end) = end else {
            return Err(Fault::Length(format!("the file does not hold {levels} times {count} points")));
        };
        Ok(Self { storage: Storage::File(file, start..end), count, levels, curve: PhantomData })
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn levels(&self) -> usize {
        self.levels
    }

    fn raw(&self) -> &[u8] {
        match &self.storage {
            Storage::Memory(raw) => raw,
            Storage::File(file, range) => &file[range.clone()],
        }
    }

    pub fn all(&self) -> Run<'_, C> {
        self.run_unchecked(0, self.count)
    }

    /// `len` points from `start` on; `None` if there are not so many.
    pub fn run(&self, start: usize, len: usize) -> Option<Run<'_, C>> {
        (start.checked_add(len)? <= self.count).then(|| self.run_unchecked(start, len))
    }

    fn run_unchecked(&self, start: usize, len: usize) -> Run<'_, C> {
        let (count, levels) = (self.count, self.levels);
        Run { raw: self.raw(), count, levels, start, len, curve: PhantomData }
    }

    /// The bytes of a table of `levels` levels over these points.
    pub fn table(&self, levels: usize) -> Vec<u8> {
        let size = self.count * C::POINT_BYTES;
        let mut table = self.raw()[..size].to_vec();
        let stride = stride(levels);
        for _ in 1..levels {
            let previous = &table[table.len() - size..];
            let next: Vec<Vec<u8>> = previous
                .par_chunks(BLOCK * C::POINT_BYTES)
                .map(|block| double_all::<C>(block, stride))
                .collect();
            next.iter().for_each(|block| table.extend_from_slice(block));
        }
        table
    }
}

/// Bits between the levels of a table.
pub fn stride(levels: usize) -> usize {
    COVERED_BITS.div_ceil(levels)
}

impl<C: Curve> Run<'_, C> {
    pub fn levels(&self) -> usize {
        self.levels
    }

    pub fn part(&self, start: usize, len: usize) -> Self {
        Run { start: self.start + start, len, ..*self }
    }

    /// Names of the run's points at a level, for `named`.
    pub fn names(&self, level: usize) -> Range<u32> {
        let start = level * self.count + self.start;
        start as u32..(start + self.len) as u32
    }

    pub fn named(&self, name: u32) -> Affine<C> {
        let at = name as usize * C::POINT_BYTES;
        unpack(&self.raw[at..at + C::POINT_BYTES])
    }
}

fn pack<C: Curve>(point: &Affine<C>, out: &mut Vec<u8>) {
    if point.is_zero() {
        out.resize(out.len() + C::POINT_BYTES, 0);
    } else {
        point.x.pack(out);
        point.y.pack(out);
    }
}

fn unpack<C: Curve>(raw: &[u8]) -> Affine<C> {
    let (x, y) = raw.split_at(C::POINT_BYTES / 2);
    let y = C::BaseField::unpack(y);
    if y.is_zero() { Affine::identity() } else { Affine::new_unchecked(C::BaseField::unpack(x), y) }
}

/// 2^times * point for every point.
fn double_all<C: Curve>(raw: &[u8], times: usize) -> Vec<u8> {
    let mut points: Vec<Affine<C>> = raw.chunks_exact(C::POINT_BYTES).map(unpack).collect();
    let (mut inverses, mut prefixes) = (Vec::new(), Vec::new());
    for _ in 0..times {
        inverses.clear();
        inverses.extend(points.iter().map(|point| point.y.double()));
        batch_invert(&mut inverses, &mut prefixes);
        for (point, inverse) in points.iter_mut().zip(&inverses).filter(|(point, _)| !point.is_zero()) {
            let square = point.x.square();
            let slope = (square.double() + square) * inverse;
            let x = slope.square() - point.x.double();
            point.y = slope * (point.x - x) - point.y;
            point.x = x;
        }
    }
    let mut out = Vec::with_capacity(raw.len());
    points.iter().for_each(|point| pack(point, &mut out));
    out
}
