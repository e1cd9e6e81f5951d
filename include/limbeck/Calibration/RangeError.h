// What a range does to the values that were seen.
#pragma once
#include "limbeck/Calibration/Statistics.h"

namespace limbeck::calibration {

/// The sum of squared errors of the values of a histogram when they are clipped to `range` and rounded to the integers of
/// `storage`, values spread evenly inside each bin; infinite for a range of no extent.
double squaredError(const Histogram &histogram, Range range, DType storage);
/// The share of values beyond `range`, from 0 to 1; 0 of no values.
double shareBeyond(const Histogram &histogram, Range range);

} // namespace limbeck::calibration
