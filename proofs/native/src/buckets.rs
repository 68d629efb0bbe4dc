//! Buckets of affine points, emptied by adding pairs of points with one inversion per round.
//!
//! Montgomery's trick makes an affine addition cost about six multiplications. Both curves have odd
//! order: no point has y = 0, so doubling never divides by zero.

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ff::{AdditiveGroup, Field, Zero};

use crate::codec::Curve;
use crate::field::batch_invert;

/// Up to so many buckets, running sums are cheaper than regrouping.
const FEW_BUCKETS: usize = 64;

/// Where a bucket's points lie in the common array.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    len: usize,
}

/// Pairs that share one inversion: few enough to stay in a core's cache.
const BLOCK: usize = 1 << 10;

/// Points sorted by bucket; none of them is infinity.
pub struct Buckets<C: Curve> {
    points: Vec<Affine<C>>,
    spans: Vec<Span>,
}

impl<C: Curve> Buckets<C> {
    /// Sorts points into `count` buckets and adds the first pairs.
    ///
    /// Entry i is the point `source(name)` of the i-th name in bucket |digits[i]| - 1, negated if the
    /// digit is negative; nothing if it is 0. Only names are sorted: points are read where they lie.
    pub fn fill(
        count: usize,
        digits: &[i32],
        names: impl Iterator<Item = u32>,
        source: impl Fn(u32) -> Affine<C>,
    ) -> Self {
        let (mut spans, entries) = sorted(count, digits, names);
        let read = |entry: u64| {
            let point = source((entry >> 1) as u32);
            if entry & 1 == 1 { -point } else { point }
        };
        let mut points = Vec::with_capacity(entries.len().div_ceil(2) + count);
        let (mut inverses, mut prefixes) = (Vec::new(), Vec::new());
        let mut rest = spans.as_mut_slice();
        while !rest.is_empty() {
            let (block, after) = rest.split_at_mut(block_len(rest.iter().map(|span| span.len)));
            inverses.clear();
            for span in block.iter() {
                let pairs = entries[span.start..span.start + span.len].chunks_exact(2);
                inverses.extend(pairs.map(|pair| slope_denominator(&read(pair[0]), &read(pair[1]))));
            }
            batch_invert(&mut inverses, &mut prefixes);
            let mut remaining = inverses.iter();
            for span in block {
                let start = points.len();
                let pairs = entries[span.start..span.start + span.len].chunks_exact(2);
                let odd = pairs.remainder().iter().map(|entry| read(*entry)).filter(|p| !p.is_zero());
                let sums = pairs.zip(&mut remaining);
                points.extend(sums.filter_map(|(pair, i)| add(&read(pair[0]), &read(pair[1]), i)));
                points.extend(odd);
                *span = Span { start, len: points.len() - start };
            }
            rest = after;
        }
        Self { points, spans }
    }

    /// Sum over the buckets of (index + 1) * (sum of the bucket).
    ///
    /// Many buckets are laid out as rows of `columns`: index = row * columns + column, so the sum is
    /// columns * (sum of row * R_row) + (sum of (column + 1) * C_column), where the sums R and C of
    /// whole rows and columns are again batched additions, cheaper than long running sums.
    pub fn weighted_sum(mut self) -> Projective<C> {
        self.collapse();
        if self.spans.len() <= FEW_BUCKETS {
            return self.running_sum(0);
        }
        let bits = self.spans.len().next_power_of_two().ilog2() / 2;
        let columns = 1 << bits;
        let by_row = self.regroup(self.spans.len().div_ceil(columns), |index| index >> bits);
        let by_column = self.regroup(columns, |index| index & (columns - 1));
        let mut total = by_row.running_sum(1);
        for _ in 0..bits {
            total.double_in_place();
        }
        total + by_column.running_sum(0)
    }

    /// The same points in other buckets, collapsed again.
    fn regroup(&self, count: usize, bucket_of: impl Fn(usize) -> usize) -> Self {
        let full = || self.spans.iter().enumerate().filter(|(_, span)| span.len > 0);
        let digits: Vec<i32> = full().map(|(index, _)| bucket_of(index) as i32 + 1).collect();
        let names = full().map(|(_, span)| span.start as u32);
        let mut regrouped = Self::fill(count, &digits, names, |at| self.points[at as usize]);
        regrouped.collapse();
        regrouped
    }

    /// Sum of (index + 1 - skipped) * bucket over the collapsed buckets from `skipped` on, by
    /// running sums from the top.
    fn running_sum(&self, skipped: usize) -> Projective<C> {
        let mut running = Projective::<C>::zero();
        let mut weighted = Projective::<C>::zero();
        for span in self.spans[skipped..].iter().rev() {
            if span.len > 0 {
                running += self.points[span.start];
            }
            weighted += running;
        }
        weighted
    }

    /// Leaves at most one point in every bucket.
    fn collapse(&mut self) {
        let mut crowded: Vec<usize> = (0..self.spans.len()).collect();
        let (mut inverses, mut prefixes) = (Vec::new(), Vec::new());
        loop {
            crowded.retain(|&bucket| self.spans[bucket].len > 1);
            if crowded.is_empty() {
                return;
            }
            let mut rest = crowded.as_slice();
            while !rest.is_empty() {
                let (block, after) =
                    rest.split_at(block_len(rest.iter().map(|&bucket| self.spans[bucket].len)));
                inverses.clear();
                for &bucket in block {
                    let pairs = self.pairs(self.spans[bucket]);
                    inverses.extend(pairs.map(|(left, right)| slope_denominator(left, right)));
                }
                batch_invert(&mut inverses, &mut prefixes);
                let mut remaining = inverses.iter();
                for &bucket in block {
                    self.halve(bucket, &mut remaining);
                }
                rest = after;
            }
        }
    }

    fn pairs(&self, span: Span) -> impl Iterator<Item = (&Affine<C>, &Affine<C>)> {
        let points = &self.points[span.start..span.start + span.len];
        points.chunks_exact(2).map(|pair| (&pair[0], &pair[1]))
    }

    /// Replaces pairs by their sums; an odd point stays, a sum at infinity goes.
    fn halve<'a>(&mut self, bucket: usize, inverses: &mut impl Iterator<Item = &'a C::BaseField>) {
        let Span { start, len } = self.spans[bucket];
        let mut kept = start;
        for (left, inverse) in (start..start + len - 1).step_by(2).zip(inverses) {
            if let Some(sum) = add(&self.points[left], &self.points[left + 1], inverse) {
                self.points[kept] = sum;
                kept += 1;
            }
        }
        if len % 2 == 1 {
            self.points[kept] = self.points[start + len - 1];
            kept += 1;
        }
        self.spans[bucket].len = kept - start;
    }
}

/// Where each bucket's entries lie, and the entries: a name, and whether its point is negated.
fn sorted(count: usize, digits: &[i32], names: impl Iterator<Item = u32>) -> (Vec<Span>, Vec<u64>) {
    let mut spans = vec![Span { start: 0, len: 0 }; count];
    for digit in digits.iter().filter(|digit| **digit != 0) {
        spans[digit.unsigned_abs() as usize - 1].len += 1;
    }
    let mut total = 0;
    for span in &mut spans {
        span.start = total;
        total += span.len;
        span.len = 0;
    }
    let mut entries = vec![0; total];
    for (digit, name) in digits.iter().zip(names).filter(|(digit, _)| **digit != 0) {
        let span = &mut spans[digit.unsigned_abs() as usize - 1];
        entries[span.start + span.len] = u64::from(name) << 1 | u64::from(*digit < 0);
        span.len += 1;
    }
    (spans, entries)
}

/// How many buckets of these lengths make one block; at least one.
fn block_len(lengths: impl Iterator<Item = usize>) -> usize {
    let mut pairs = 0;
    let mut buckets = 0;
    for len in lengths {
        buckets += 1;
        pairs += len / 2;
        if pairs >= BLOCK {
            break;
        }
    }
    buckets
}

/// Zero if the pair needs no slope: one of the points or the sum is infinity.
fn slope_denominator<C: Curve>(left: &Affine<C>, right: &Affine<C>) -> C::BaseField {
    if left.is_zero() || right.is_zero() {
        return C::BaseField::ZERO;
    }
    let difference = right.x - left.x;
    if !difference.is_zero() {
        difference
    } else if left.y == right.y {
        left.y.double()
    } else {
        C::BaseField::ZERO
    }
}

/// `None` for infinity.
fn add<C: Curve>(left: &Affine<C>, right: &Affine<C>, inverse: &C::BaseField) -> Option<Affine<C>> {
    if inverse.is_zero() {
        return match (left.is_zero(), right.is_zero()) {
            (true, false) => Some(*right),
            (false, true) => Some(*left),
            _ => None,
        };
    }
    let numerator = if left.x == right.x {
        let square = left.x.square();
        square.double() + square
    } else {
        right.y - left.y
    };
    let slope = numerator * inverse;
    let x = slope.square() - left.x - right.x;
    Some(Affine::new_unchecked(x, slope * (left.x - x) - left.y))
}
