// distill.stop_gradient (identity) and distill.loss: the values of training losses, accumulated in f64.
#include "limbeck/Reference/Registry.h"
#include <algorithm>
#include <cmath>

namespace limbeck::reference {

static Expected<std::vector<TensorType>> inferStopGradient(const Call &call) {
  return std::vector<TensorType>{call.operands[0]};
}

static Expected<std::vector<Tensor>> evaluateStopGradient(const Evaluation &evaluation) {
  return std::vector<Tensor>{evaluation.operands[0]};
}

/// log(softmax(logits / temperature)).
static std::vector<double> logSoftmax(const Tensor &logits, int64_t row, int64_t classes,
                                      double temperature) {
  std::vector<double> values(static_cast<size_t>(classes));
  for (int64_t i = 0; i < classes; ++i)
    values[static_cast<size_t>(i)] = logits.asDouble(row * classes + i) / temperature;
  double greatest = *std::max_element(values.begin(), values.end()), sum = 0;
  for (double value : values)
    sum += std::exp(value - greatest);
  for (double &value : values)
    value -= greatest + std::log(sum);
  return values;
}

/// 0 * log(0) = 0: a class without weight adds nothing, however unlikely the student finds it.
static double weightedTerm(double weight, double value) {
  return weight == 0 ? 0 : weight * value;
}

struct LossRow {
  const Tensor &student, &target;
  int64_t row, classes;
  double temperature;
};

/// -sum(target * log(softmax(student))); a target of class indices stands for one-hot rows.
static Expected<double> crossEntropyRow(const LossRow &at) {
  std::vector<double> logs = logSoftmax(at.student, at.row, at.classes, 1);
  if (isInteger(at.target.dtype())) {
    double label = at.target.asDouble(at.row);
    if (label < 0 || label >= static_cast<double>(at.classes))
      return error(Code::Index, "expected a label in [0, ", at.classes, "), found ", label);
    return -logs[static_cast<size_t>(label)];
  }
  double loss = 0;
  for (int64_t i = 0; i < at.classes; ++i)
    loss -= weightedTerm(at.target.asDouble(at.row * at.classes + i), logs[static_cast<size_t>(i)]);
  return loss;
}

/// T^2 * KL(softmax(target / T) || softmax(student / T)).
static Expected<double> softDivergenceRow(const LossRow &at) {
  std::vector<double> student = logSoftmax(at.student, at.row, at.classes, at.temperature);
  std::vector<double> target = logSoftmax(at.target, at.row, at.classes, at.temperature);
  double divergence = 0;
  for (size_t i = 0; i < target.size(); ++i)
    divergence += weightedTerm(std::exp(target[i]), target[i] - student[i]);
  return at.temperature * at.temperature * divergence;
}

/// Mean of the squared differences.
static Expected<double> featureRow(const LossRow &at) {
  double sum = 0;
  for (int64_t i = at.row * at.classes; i < (at.row + 1) * at.classes; ++i) {
    double difference = at.student.asDouble(i) - at.target.asDouble(i);
    sum += difference * difference;
  }
  return sum / static_cast<double>(at.classes);
}

struct LossKind {
  std::string_view name;
  bool labels;      ///< integer class indices may take the place of the target
  bool temperature; ///< reads the attribute
  Expected<double> (*row)(const LossRow &);
};
static constexpr LossKind kLossKinds[] = {
    {"cross_entropy", true, false, crossEntropyRow},
    {"kl_soft", false, true, softDivergenceRow},
    {"feature_mse", false, false, featureRow},
};

static const LossKind *lossKind(const Attributes &attributes) {
  auto found = std::find_if(std::begin(kLossKinds), std::end(kLossKinds),
                            [&](const LossKind &kind) { return kind.name == attributes.text("kind"); });
  return found == std::end(kLossKinds) ? nullptr : found;
}

static bool lossShapesAgree(std::span<const int64_t> a, std::span<const int64_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](int64_t x, int64_t y) { return x == y || x == kUnknown || y == kUnknown; });
}

static Expected<std::vector<TensorType>> inferLoss(const Call &call) {
  const TensorType &student = call.operands[0], &target = call.operands[1];
  const LossKind *kind = lossKind(call.attributes);
  if (!kind)
    return error(Code::Attribute, "expected a loss cross_entropy, kl_soft or feature_mse, found '",
                 call.attributes.text("kind"), "'");
  if (!std::isfinite(call.attributes.number("weight")))
    return error(Code::AttributeRange, "expected a finite weight, found ", call.attributes.number("weight"));
  float temperature = call.attributes.number("temperature");
  if (kind->temperature && (!std::isfinite(temperature) || temperature <= 0))
    return error(Code::AttributeRange, "expected a finite positive temperature, found ", temperature);
  if (student.shape.empty() || student.shape.back() == 0)
    return error(Code::Shape, "expected at least one value per sample, found ", shapeText(student.shape));
  bool labels = isInteger(target.dtype) && kind->labels;
  if (!isFloat(student.dtype) || !(isFloat(target.dtype) || labels))
    return error(Code::DataType, "expected float operands, found ", name(student.dtype), " and ",
                 name(target.dtype));
  std::span<const int64_t> wanted = student.shape;
  if (labels)
    wanted = wanted.first(wanted.size() - 1);
  if (!lossShapesAgree(wanted, target.shape))
    return error(Code::Shape, "expected a target of ", shapeText(wanted), ", found ",
                 shapeText(target.shape));
  return std::vector<TensorType>{{DType::F32, {}, nullptr}};
}

/// The mean over all rows along the last axis, the classes. No rows: 0.
static Expected<std::vector<Tensor>> evaluateLoss(const Evaluation &evaluation) {
  const Tensor &student = evaluation.operands[0], &target = evaluation.operands[1];
  const LossKind *kind = lossKind(evaluation.attributes);
  if (!kind)
    return error(Code::Attribute, "unknown loss '", evaluation.attributes.text("kind"), "'");
  int64_t classes = student.shape().back(), rows = student.size() / classes;
  double sum = 0;
  for (int64_t row = 0; row < rows; ++row) {
    LIMBECK_ASSIGN(double loss,
                   kind->row({student, target, row, classes, evaluation.attributes.number("temperature")}));
    sum += loss;
  }
  double mean = rows == 0 ? 0 : sum / static_cast<double>(rows);
  double weight = evaluation.attributes.number("weight");
  return std::vector<Tensor>{Tensor::scalar(DType::F32, static_cast<float>(weight * mean))};
}

void defineDistillation(DefinitionList &list) {
  list.push_back({"distill.stop_gradient", Kind::Movement, 1, 1, inferStopGradient, evaluateStopGradient});
  list.push_back({"distill.loss", Kind::Compute, 2, 2, inferLoss, evaluateLoss});
}

} // namespace limbeck::reference
