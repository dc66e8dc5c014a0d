//! A straight line through points, and how well they lie on it.

#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) start: f64,
    pub(crate) slope: f64,
    /// How much of the variance the line explains: 1 where all points lie on it.
    pub(crate) r2: f64,
}

impl Line {
    /// By least squares.
    pub(crate) fn through(points: &[(f64, f64)]) -> Self {
        let number: f64 = points.iter().map(|_| 1.0).sum();
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / number;
        let (middle, level) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            points.iter().map(|(x, y)| of(x - middle, y - level)).sum()
        };
        let slope = sum(&|x, y| x * y) / sum(&|x, _| x * x);
        let missed = sum(&|x, y| (y - slope * x).powi(2));
        Self { start: level - slope * middle, slope, r2: 1.0 - missed / sum(&|_, y| y * y) }
    }

    pub(crate) fn at(&self, x: f64) -> f64 {
        self.slope.mul_add(x, self.start)
    }
}
