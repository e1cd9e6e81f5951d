// A look at every element of the inputs.
#include "SampleCheck.h"
#include "limbeck/Support/Counted.h"
#include <algorithm>
#include <cmath>

namespace limbeck::session {

/// The first element that is not finite, or -1.
static int64_t firstNotFinite(const Tensor &value) {
  return dispatch(value.dtype(), [&]<class T>() -> int64_t {
    if constexpr (std::is_integral_v<T>)
      return -1;
    else {
      std::span<const T> values = value.values<T>();
      auto found = std::ranges::find_if(values, [](T x) {
        if constexpr (std::is_same_v<T, double>)
          return !std::isfinite(x);
        else
          return !std::isfinite(static_cast<float>(x));
      });
      return found == values.end() ? -1 : found - values.begin();
    }
  });
}

Status expectFinite(std::span<const NamedType> inputs, std::span<const Tensor> values) {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (int64_t at = isFloat(values[i].dtype()) ? firstNotFinite(values[i]) : -1; at >= 0)
      return error(Code::Calibration, "expected finite values of input '", inputs[i].name, "', found ",
                   std::isnan(values[i].asDouble(at)) ? "NaN" : "an infinity", " at element ", at);
  return {};
}

Status expectFinite(const Sample &sample) {
  return inSample(sample, expectFinite(sample.inputs, sample.values));
}

Status expectSignal(const Sample &sample, std::span<const std::string> outputs,
                    std::span<const Tensor> values) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor &value = values[i];
    bool finite = value.size() == 0 || !isFloat(value.dtype());
    for (int64_t at = 0; !finite && at < value.size(); ++at)
      finite = std::isfinite(value.asDouble(at));
    if (!finite)
      return inSample(sample,
                      error(Code::Calibration, "expected numbers from the float model as output '",
                            outputs[i], "', found ", std::isnan(value.asDouble(0)) ? "NaN" : "an infinity",
                            " at element 0 and no finite one: there is nothing to compare with")
                          .withHint("are the samples prepared as the model wants them?"));
  }
  return {};
}

Status inSample(const Sample &sample, Status status) {
  if (status.ok())
    return status;
  Diagnostic &diagnostic = status.diagnostic();
  if (diagnostic.file.empty())
    diagnostic.atFile(sample.file);
  diagnostic.message = message("sample ", sample.indexInFile, ": ", diagnostic.message);
  return status;
}

Status SampleCheck::add(std::span<const Tensor> values) {
  LIMBECK_TRY(expectFinite(inputs, values));
  for (size_t i = 0; i < inputs.size(); ++i)
    if (isFloat(values[i].dtype()))
      addChannels(channels[i], values[i]);
  for (size_t i = 0; i < tables.size(); ++i)
    if (isInteger(values[tables[i].input].dtype()))
      addIds(tables[i], beyond[i], values[tables[i].input]);
  ++samples;
  return {};
}

void SampleCheck::addIds(const TableBound &table, Beyond &found, const Tensor &value) {
  for (int64_t i = 0; i < value.size(); ++i) {
    double id = value.asDouble(i);
    if (id >= static_cast<double>(-table.rows) && id < static_cast<double>(table.rows))
      continue;
    if (found.samples++ == 0)
      found.first = static_cast<int64_t>(id);
    return;
  }
}

void SampleCheck::addChannels(Channels &input, const Tensor &value) {
  size_t count = value.rank() >= 2 ? static_cast<size_t>(value.shape()[1]) : 1;
  if (samples == 0)
    input.used.resize(count);
  input.differ |= input.used.size() != count;
  if (input.differ || std::ranges::all_of(input.used, [](bool used) { return used; }))
    return;
  auto outer = value.rank() >= 2 ? value.shape()[0] : 1;
  int64_t inner =
      outer * static_cast<int64_t>(count) ? value.size() / (outer * static_cast<int64_t>(count)) : 0;
  for (size_t channel = 0; channel < count; ++channel)
    for (int64_t row = 0; row < outer && !input.used[channel]; ++row)
      for (int64_t i = 0; i < inner && !input.used[channel]; ++i)
        input.used[channel] =
            value.asDouble((row * static_cast<int64_t>(count) + static_cast<int64_t>(channel)) * inner + i) !=
            0;
}

std::vector<std::string> SampleCheck::notes() const {
  std::vector<std::string> notes;
  for (size_t i = 0; i < tables.size(); ++i)
    if (beyond[i].samples > 0)
      notes.push_back(message("input '", inputs[tables[i].input].name, "' has values beyond the ",
                              tables[i].rows, " rows of '", tables[i].node, "' in ",
                              counted(beyond[i].samples, "sample"), ", such as ", beyond[i].first,
                              ": the last row or the first stands for them"));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Channels &input = channels[i];
    auto unused = std::ranges::find(input.used, false);
    if (input.differ || samples == 0 || unused == input.used.end())
      continue;
    auto count = std::ranges::count(input.used, false);
    if (static_cast<size_t>(count) == input.used.size())
      notes.push_back(message("input '", inputs[i].name, "' is 0 in all samples"));
    else
      notes.push_back(message("input '", inputs[i].name, "': ", count, " of ", input.used.size(),
                              " channels are 0 in all samples, the first is ", unused - input.used.begin()));
  }
  return notes;
}

} // namespace limbeck::session
