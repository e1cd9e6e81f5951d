// What quantization adds to a channel on average goes off its bias.
#include "Decision.h"
#include "GivenStatistics.h"
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/Remarks.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_CORRECTBIASPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

using calibration::Statistics;

/// For each tap of a window along one dimension, the share of results for which it lies inside of the input, not in the border.
std::vector<double> sharesInside(int64_t taps, int64_t input, int64_t results, int64_t stride, int64_t pad,
                                 int64_t dilation) {
  std::vector<double> shares(static_cast<size_t>(taps), 1.0);
  if (mlir::ShapedType::isDynamic(input) || mlir::ShapedType::isDynamic(results) || results == 0)
    return shares;
  for (int64_t tap = 0; tap < taps; ++tap) {
    int64_t inside = 0;
    for (int64_t result = 0; result < results; ++result) {
      int64_t at = result * stride - pad + tap * dilation;
      inside += at >= 0 && at < input;
    }
    shares[static_cast<size_t>(tap)] = static_cast<double>(inside) / static_cast<double>(results);
  }
  return shares;
}

/// What rounding adds to each weight.
std::vector<double> errorsOf(const Tensor &weights, const RoundedWeights &rounded) {
  const Quantization &parameters = *rounded.parameters;
  int64_t step = 1;
  for (size_t axis = weights.shape().size();
       parameters.axis >= 0 && axis-- > static_cast<size_t>(parameters.axis) + 1;)
    step *= weights.shape()[axis];
  std::vector<double> errors;
  for (int64_t i = 0; i < weights.size(); ++i) {
    double scale =
        static_cast<double>(parameters.scales[static_cast<size_t>(i / step) % parameters.scales.size()]);
    errors.push_back(rounded.stored.asDouble(i) * scale - weights.asDouble(i));
  }
  return errors;
}

/// The mean that errors of weights add to each output channel of a convolution.
std::vector<double> shiftOf(graph::ConvOp conv, const Shape &shape, llvm::ArrayRef<double> errors,
                            llvm::ArrayRef<double> means) {
  auto input = mlir::cast<mlir::RankedTensorType>(conv.getInput().getType()),
       result = mlir::cast<mlir::RankedTensorType>(conv.getType());
  int64_t first = conv.getLayout() == "NCHW" ? 2 : 1;
  std::vector<double> inside[2];
  for (int64_t dim : {0, 1})
    inside[dim] =
        sharesInside(shape[static_cast<size_t>(2 + dim)], input.getDimSize(first + dim),
                     result.getDimSize(first + dim), conv.getStrides()[static_cast<size_t>(dim)],
                     conv.getPads()[static_cast<size_t>(dim)], conv.getDilations()[static_cast<size_t>(dim)]);
  int64_t outputs = shape[0], depth = shape[1], perGroup = outputs / conv.getGroups();
  std::vector<double> shift(static_cast<size_t>(outputs), 0.0);
  size_t at = 0;
  for (int64_t output = 0; output < outputs; ++output)
    for (int64_t channel = 0; channel < depth; ++channel) {
      double mean = means[static_cast<size_t>(output / perGroup * depth + channel)];
      for (double row : inside[0])
        for (double column : inside[1])
          shift[static_cast<size_t>(output)] += errors[at++] * mean * row * column;
    }
  return shift;
}

/// The same of a product with one matrix.
std::vector<double> shiftOf(const Shape &shape, llvm::ArrayRef<double> errors, llvm::ArrayRef<double> means) {
  auto columns = static_cast<size_t>(shape[1]);
  std::vector<double> shift(columns, 0.0);
  for (size_t i = 0; i < errors.size(); ++i)
    shift[i % columns] += errors[i] * means[i / columns];
  return shift;
}

void keep(graph::AnchorOpInterface anchor, llvm::StringRef why) {
  mlir::remark::missed(anchor->getLoc(), mlir::remark::RemarkOpts::name("bias-kept").category("quantize"))
      << mlir::remark::reason("{0} keeps its bias: {1}", anchor->getName().stripDialect().str(), why.str());
}

/// The contraction with another bias; the one before is gone.
void setBias(graph::AnchorOpInterface anchor, mlir::Value bias) {
  if (mlir::Value before = anchor.getAnchorBias()) {
    anchor->replaceUsesOfWith(before, bias);
    return;
  }
  mlir::OpBuilder b(anchor);
  mlir::OperationState state(anchor->getLoc(), anchor->getName());
  state.addOperands({anchor.getAnchorInput(), anchor.getAnchorWeights(), bias});
  state.addTypes(anchor->getResultTypes());
  state.addAttributes(anchor->getAttrs());
  anchor->replaceAllUsesWith(b.create(state));
  anchor->erase();
}

/// What rounding adds to the mean of each output channel, from the means of the inputs. Nothing, with a remark, for forms that there
/// is no formula for.
Expected<std::vector<double>> shiftByMeans(graph::AnchorOpInterface anchor, const Tensor &weights,
                                           mlir::DictionaryAttr decision, const Statistics *statistics) {
  auto conv = mlir::dyn_cast<graph::ConvOp>(anchor.getOperation());
  if (!conv && !(mlir::isa<graph::MatmulOp>(anchor) && weights.rank() == 2)) {
    keep(anchor, "there is no formula for its form");
    return std::vector<double>();
  }
  std::string name = setting(decision, kInputSetting).str();
  auto expected = [&](const std::string &found) {
    return error(Code::Calibration, "expected the mean of each channel of tensor '", name, "', found ", found)
        .withHint("limbeck quantize --data collects them");
  };
  auto found = statistics ? statistics->tensors.find(name) : decltype(statistics->tensors.end()){};
  if (!statistics || found == statistics->tensors.end())
    return expected("none");
  auto means = found->second.channelMeans();
  if (!means)
    return expected("none");
  int64_t channels = conv ? weights.shape()[1] * conv.getGroups() : weights.shape()[0];
  if (static_cast<int64_t>(means->size()) != channels)
    return expected(message("those of ", means->size(), " channels, not of ", channels));
  LIMBECK_ASSIGN(RoundedWeights rounded, roundedWeights(anchor, weights, decision));
  std::vector<double> errors = errorsOf(weights, rounded);
  return conv ? shiftOf(conv, weights.shape(), errors, *means) : shiftOf(weights.shape(), errors, *means);
}

/// The same as runs of the quantized model have shown it.
Expected<std::vector<double>> shiftByRuns(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision,
                                          const Statistics *statistics) {
  std::string name = setting(decision, kResultSetting).str();
  if (name.empty()) {
    keep(anchor, "it is inside a branch");
    return std::vector<double>();
  }
  auto type = mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType());
  int64_t channels = type.getDimSize(anchor.getChannelAxis());
  auto found = statistics ? statistics->biasErrors.find(name) : decltype(statistics->biasErrors.end()){};
  if (!statistics || found == statistics->biasErrors.end() ||
      static_cast<int64_t>(found->second.size()) != channels)
    return error(Code::Calibration, "expected the mean errors of ", channels, " channels of tensor '", name,
                 "', found none")
        .withHint("limbeck quantize --data measures them");
  return std::vector<double>(found->second.begin(), found->second.end());
}

Status correct(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision, const Statistics *statistics) {
  auto weights = graph::constantOf(anchor.getAnchorWeights());
  auto before = anchor.getAnchorBias() ? graph::constantOf(anchor.getAnchorBias()) : std::nullopt;
  bool byRuns = setting(decision, "correct_bias") == "runs";
  if (!weights || weights->dtype() != DType::F32)
    return {}; // a product of two activations
  if (anchor.getAnchorBias() && !before) {
    keep(anchor, "it is no constant");
    return {};
  }
  std::vector<double> shift;
  if (byRuns) {
    LIMBECK_ASSIGN(shift, shiftByRuns(anchor, decision, statistics));
  } else {
    LIMBECK_ASSIGN(shift, shiftByMeans(anchor, *weights, decision, statistics));
  }
  if (shift.empty())
    return {};
  LIMBECK_ASSIGN(Tensor bias, Tensor::zeros(DType::F32, {static_cast<int64_t>(shift.size())}));
  for (size_t i = 0; i < shift.size(); ++i)
    bias.mutableValues<float>()[i] =
        static_cast<float>((before ? before->asDouble(static_cast<int64_t>(i)) : 0.0) - shift[i]);
  mlir::OpBuilder b(anchor);
  LIMBECK_ASSIGN(mlir::Value value,
                 graph::createConstant(b, anchor->getLoc(), bias,
                                       mlir::RankedTensorType::get(bias.shape(), b.getF32Type())));
  setBias(anchor, value);
  return {};
}

struct CorrectBiasPass : impl::CorrectBiasPassBase<CorrectBiasPass> {
  using CorrectBiasPassBase::CorrectBiasPassBase;
  explicit CorrectBiasPass(std::shared_ptr<const Statistics> given) : given(std::move(given)) {}

  void runOnOperation() override {
    if (Status status = readGiven(statistics, given); !status.ok())
      return fail(getOperation(), status);
    llvm::SmallVector<graph::AnchorOpInterface> anchors;
    getOperation()->walk([&](graph::AnchorOpInterface anchor) { anchors.push_back(anchor); });
    for (graph::AnchorOpInterface anchor : anchors) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      if (!decision || setting(decision, "quantize") != "static" ||
          setting(decision, "correct_bias") == "none" || setting(decision, "correct_bias").empty())
        continue;
      if (Status status = correct(anchor, decision, given.get()); !status.ok()) {
        graph::emitDiagnostic(anchor, status.diagnostic());
        return signalPassFailure();
      }
    }
  }

private:
  void fail(mlir::Operation *op, const Status &status) {
    graph::emitDiagnostic(op, status.diagnostic());
    signalPassFailure();
  }

  std::shared_ptr<const Statistics> given;
};

} // namespace

std::unique_ptr<mlir::Pass> createCorrectBiasPass(std::shared_ptr<const Statistics> statistics) {
  return std::make_unique<CorrectBiasPass>(std::move(statistics));
}

} // namespace limbeck::quantize
