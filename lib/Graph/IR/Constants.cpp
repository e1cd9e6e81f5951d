// Tensors as attributes: inline when small, a shared blob keyed by its content when large.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <mutex>

namespace limbeck::graph {

int64_t blobBytes(DType dtype, int64_t elements) {
  return bitWidth(dtype) == 4 ? ceilDivide(elements, 2)
                              : elements * static_cast<int64_t>(storageBytes(dtype));
}

static llvm::ArrayRef<char> bytesOf(const Tensor &tensor) {
  return {reinterpret_cast<const char *>(tensor.bytes()), tensor.byteSize()};
}

/// MLIR holds a 4-bit value in the low half of a byte whose high half is clear; a Tensor sign-extends it.
static char lowHalf(char value) {
  return value & 0x0F;
}
static char extended(char value, DType dtype) {
  return isSigned(dtype) && (value & 0x08) ? static_cast<char>(value | 0xF0) : lowHalf(value);
}

static std::vector<char> packHalves(llvm::ArrayRef<char> values) {
  std::vector<char> packed((values.size() + 1) / 2);
  for (size_t i = 0; i < values.size(); ++i)
    packed[i / 2] |= i % 2 ? static_cast<char>(lowHalf(values[i]) << 4) : lowHalf(values[i]);
  return packed;
}

/// The blob with these bytes. `owner` keeps them alive. Keys are a hash of the content, hence reproducible; a clash of two
/// contents, however unlikely, gives the second a suffix.
template <class Owner>
static mlir::DenseResourceElementsHandle internBlob(mlir::MLIRContext *context, llvm::ArrayRef<char> bytes,
                                                    Owner owner) {
  auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  llvm::XXH128_hash_t hash = llvm::xxh3_128bits({data, bytes.size()});
  std::string key = "blob_" + llvm::utohexstr(hash.high64, true, 16) + llvm::utohexstr(hash.low64, true, 16);

  // Looking up and inserting are two steps of the blob manager; passes run on several functions at once.
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  auto &manager = mlir::DenseResourceElementsHandle::getManagerInterface(context);
  auto *entry = manager.getBlobManager().lookup(key);
  if (entry && entry->getBlob() && entry->getBlob()->getData() == bytes)
    return {entry, context->getLoadedDialect<mlir::BuiltinDialect>()};
  auto keepAlive = [owner](void *, size_t, size_t) {};
  // Bytecode demands this alignment of the buffer it is read from; 16 is what every allocation has.
  constexpr size_t alignment = 16;
  return manager.insert(
      key, mlir::UnmanagedAsmResourceBlob::allocateWithAlign(bytes, alignment, std::move(keepAlive)));
}

static mlir::ElementsAttr toResource(mlir::RankedTensorType type, const Tensor &tensor) {
  mlir::MLIRContext *context = type.getContext();
  if (bitWidth(tensor.dtype()) != 4)
    return mlir::DenseResourceElementsAttr::get(type, internBlob(context, bytesOf(tensor), tensor));
  auto packed = std::make_shared<const std::vector<char>>(packHalves(bytesOf(tensor)));
  return mlir::DenseResourceElementsAttr::get(type, internBlob(context, *packed, packed));
}

static mlir::ElementsAttr toInline(mlir::RankedTensorType type, const Tensor &tensor) {
  if (tensor.dtype() == DType::Bool)
    return mlir::DenseElementsAttr::get(type, llvm::ArrayRef(tensor.values<bool>().data(), tensor.size()));
  if (bitWidth(tensor.dtype()) != 4)
    return mlir::DenseElementsAttr::getFromRawBuffer(type, bytesOf(tensor));
  std::vector<char> halves(bytesOf(tensor).begin(), bytesOf(tensor).end());
  std::transform(halves.begin(), halves.end(), halves.begin(), lowHalf);
  return mlir::DenseElementsAttr::getFromRawBuffer(type, halves);
}

Expected<mlir::ElementsAttr> toElementsAttr(mlir::MLIRContext *context, const Tensor &tensor) {
  LIMBECK_ASSIGN(mlir::RankedTensorType type,
                 fromTensorType(context, {tensor.dtype(), tensor.shape(), nullptr}));
  return tensor.byteSize() > kInlineBytes ? toResource(type, tensor) : toInline(type, tensor);
}

static Status readResource(mlir::DenseResourceElementsAttr attribute, Tensor &tensor) {
  const mlir::AsmResourceBlob *blob = attribute.getRawHandle().getBlob();
  if (!blob)
    return error(Code::DataSize, "the data of resource '", attribute.getRawHandle().getKey().str(),
                 "' was elided");
  llvm::ArrayRef<char> data = blob->getData();
  if (static_cast<int64_t>(data.size()) != blobBytes(tensor.dtype(), tensor.size()))
    return error(Code::DataSize, "expected ", blobBytes(tensor.dtype(), tensor.size()),
                 " bytes in a resource, found ", data.size());
  auto *out = reinterpret_cast<char *>(tensor.mutableBytes());
  if (bitWidth(tensor.dtype()) != 4) {
    std::copy(data.begin(), data.end(), out);
    return {};
  }
  for (int64_t i = 0; i < tensor.size(); ++i)
    out[i] = extended(static_cast<char>(data[i / 2] >> (i % 2 * 4)), tensor.dtype());
  return {};
}

static Status readDense(mlir::DenseElementsAttr attribute, Tensor &tensor) {
  if (tensor.size() == 0)
    return {};
  if (tensor.dtype() == DType::Bool) {
    llvm::copy(attribute.getValues<bool>(), tensor.mutableValues<bool>().begin());
    return {};
  }
  llvm::ArrayRef<char> raw = attribute.getRawData();
  size_t step = attribute.isSplat() ? 0 : storageBytes(tensor.dtype());
  auto *out = reinterpret_cast<char *>(tensor.mutableBytes());
  for (int64_t i = 0; i < tensor.size(); ++i)
    std::memcpy(out + i * storageBytes(tensor.dtype()), raw.data() + i * step, storageBytes(tensor.dtype()));
  if (bitWidth(tensor.dtype()) == 4)
    std::transform(out, out + tensor.size(), out,
                   [&](char value) { return extended(value, tensor.dtype()); });
  return {};
}

Expected<Tensor> toTensor(mlir::ElementsAttr attribute) {
  LIMBECK_ASSIGN(TensorType type, toTensorType(attribute.getType()));
  LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(type.dtype, type.shape));
  if (auto resource = mlir::dyn_cast<mlir::DenseResourceElementsAttr>(attribute)) {
    LIMBECK_TRY(readResource(resource, tensor));
    return tensor;
  }
  auto dense = mlir::dyn_cast<mlir::DenseElementsAttr>(attribute);
  if (!dense)
    return error(Code::Unsupported, "expected a dense constant");
  LIMBECK_TRY(readDense(dense, tensor));
  return tensor;
}

static ConstOp constantOpOf(mlir::Value value) {
  while (auto cast = value.getDefiningOp<StorageCastOp>())
    value = cast.getX();
  return value.getDefiningOp<ConstOp>();
}

static std::optional<Tensor> valueOf(ConstOp op) {
  if (!op)
    return std::nullopt;
  auto tensor = toTensor(op.getValue());
  return tensor ? std::optional(std::move(*tensor)) : std::nullopt;
}

std::optional<Tensor> constantOf(mlir::Value value) {
  return valueOf(constantOpOf(value));
}

std::optional<Tensor> smallConstantOf(mlir::Value value) {
  ConstOp op = constantOpOf(value);
  if (!op || !op.getType().hasStaticShape())
    return std::nullopt;
  auto dtype = toDType(op.getType().getElementType());
  auto count = elementCount(op.getType().getShape(), kInlineBytes);
  if (!dtype || !count || *count * storageBytes(*dtype) > kInlineBytes)
    return std::nullopt;
  return valueOf(op);
}

Expected<mlir::Value> createConstant(mlir::OpBuilder &builder, mlir::Location location, const Tensor &tensor,
                                     mlir::RankedTensorType type) {
  LIMBECK_ASSIGN(mlir::ElementsAttr value, toElementsAttr(builder.getContext(), tensor));
  mlir::Value result = ConstOp::create(builder, location, value);
  if (result.getType() != type)
    result = StorageCastOp::create(builder, location, type, result);
  return result;
}

} // namespace limbeck::graph
