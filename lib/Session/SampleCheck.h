// Whether ranges can come from the values of samples.
#pragma once
#include "TableBounds.h"
#include "limbeck/Session/DataSet.h"

namespace limbeck::session {

/// E-CALIB for NaN and infinity, with input and element.
Status expectFinite(std::span<const NamedType> inputs, std::span<const Tensor> values);
/// The same, with the file and the number of the sample.
Status expectFinite(const Sample &sample);
/// E-CALIB where an output of the float model has no finite element: no other model can be compared with it.
Status expectSignal(const Sample &sample, std::span<const std::string> outputs,
                    std::span<const Tensor> values);
/// Puts file and number of the sample in front of what is wrong with it.
Status inSample(const Sample &sample, Status status);

class SampleCheck {
public:
  /// `tables`: those that inputs choose rows of.
  explicit SampleCheck(std::vector<NamedType> inputs, std::vector<TableBound> tables = {})
      : inputs(std::move(inputs)), tables(std::move(tables)), channels(this->inputs.size()),
        beyond(this->tables.size()) {}

  /// One value per input. E-CALIB for NaN and infinity.
  Status add(std::span<const Tensor> values);
  /// Inputs, and channels of inputs, that were 0 in all samples: a channel is an index of dimension 1. Ids beyond their tables.
  std::vector<std::string> notes() const;

private:
  /// Whether an index of dimension 1 ever had another value than 0.
  struct Channels {
    std::vector<bool> used;
    bool differ = false; ///< samples have different numbers of channels
  };
  /// Ids that a table lacks.
  struct Beyond {
    int64_t samples = 0, first = 0; ///< how many samples have some, and the first one found
  };
  void addChannels(Channels &input, const Tensor &value);
  void addIds(const TableBound &table, Beyond &found, const Tensor &value);

  std::vector<NamedType> inputs;
  std::vector<TableBound> tables;
  std::vector<Channels> channels;
  std::vector<Beyond> beyond; ///< by table
  int64_t samples = 0;
};

} // namespace limbeck::session
