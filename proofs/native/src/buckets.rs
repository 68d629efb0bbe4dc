//! Buckets of affine points, emptied by adding pairs of points with one inversion per round.
//!
//! Montgomery's trick makes an affine addition cost about six multiplications. Both curves have odd
//! order: no point has y = 0, so doubling never divides by zero.

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

/// Points sorted by bucket; none of them is infinity.
pub struct Buckets<C: Curve> {
    points: Vec<Affine<C>>,
    spans: Vec<Span>,
}

impl<C: Curve> Buckets<C> {
    /// Sorts `(bucket, point)` entries into `count` buckets; the points are not infinity.
    pub fn fill(count: usize, entries: impl Iterator<Item = (usize, Affine<C>)>) -> Self {
        let entries: Vec<_> = entries.collect();
        let mut spans = vec![Span { start: 0, len: 0 }; count];
        for (bucket, _) in &entries {
            spans[*bucket].len += 1;
        }
        let mut start = 0;
        for span in &mut spans {
            span.start = start;
            start += span.len;
            span.len = 0;
        }
        let mut points = vec![Affine::identity(); entries.len()];
        for (bucket, point) in entries {
            let span = &mut spans[bucket];
            points[span.start + span.len] = point;
            span.len += 1;
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
        let full = self.spans.iter().enumerate().filter(|(_, span)| span.len > 0);
        let entries = full.map(|(index, span)| (bucket_of(index), self.points[span.start]));
        let mut regrouped = Self::fill(count, entries);
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
        let mut inverses = Vec::with_capacity(self.points.len() / 2);
        let mut prefixes = Vec::with_capacity(self.points.len() / 2);
        loop {
            crowded.retain(|&bucket| self.spans[bucket].len > 1);
            if crowded.is_empty() {
                return;
            }
            inverses.clear();
            for &bucket in &crowded {
                let pairs = self.pairs(self.spans[bucket]);
                inverses.extend(pairs.map(|(left, right)| slope_denominator(left, right)));
            }
            batch_invert(&mut inverses, &mut prefixes);
            let mut remaining = inverses.iter();
            for &bucket in &crowded {
                self.halve(bucket, &mut remaining);
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
            if !inverse.is_zero() {
                self.points[kept] = add(&self.points[left], &self.points[left + 1], inverse);
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

/// Zero if the sum is infinity.
fn slope_denominator<C: Curve>(left: &Affine<C>, right: &Affine<C>) -> C::BaseField {
    let difference = right.x - left.x;
    if !difference.is_zero() {
        difference
    } else if left.y == right.y {
        left.y.double()
    } else {
        C::BaseField::ZERO
    }
}

fn add<C: Curve>(left: &Affine<C>, right: &Affine<C>, inverse: &C::BaseField) -> Affine<C> {
    let numerator = if left.x == right.x {
        let square = left.x.square();
        square.double() + square
    } else {
        right.y - left.y
    };
    let slope = numerator * inverse;
    let x = slope.square() - left.x - right.x;
    Affine::new_unchecked(x, slope * (left.x - x) - left.y)
}
