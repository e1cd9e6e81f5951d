// 16 bits for what a layer reads, beside the layer in float: which of them takes less time depends on the machine, so both are measured.
#include "Explainer.h"

namespace limbeck::session {

/// Of the first layers that would stay float, those with 16 bits as near to the float model and in less time take these.
Status Explainer::compareWide() {
  std::vector<size_t> places;
  for (size_t place = 0; place < wide.size() && places.size() < options.timed; ++place)
    if (wide[place])
      places.push_back(place);
  if (places.empty())
    return {};
  std::vector<CompiledRecipe> models = {{recipe}};
  for (size_t place : places)
    for (const RepairChoice &choice : {choices[place], *wide[place]})
      models.push_back({recipeWith(rulesOf(model->layers[order[place]], choice))});
  LIMBECK_TRY(runCompiled("layers in 16 bits", models));
  LIMBECK_TRY(timeCompiled(models).status());
  double before = models.front().noise.decibels();
  for (size_t i = 0; i < places.size(); ++i) {
    const CompiledRecipe &floats = models[1 + 2 * i], &integers = models[2 + 2 * i];
    report.layers[places[i]].wide = WideRepair{integers.noise.decibels() - before,
                                               floats.noise.decibels() - before, integers.time, floats.time};
    if (integers.noise.decibels() >= floats.noise.decibels() - kWorthDecibels && integers.time < floats.time)
      choices[places[i]] = *wide[places[i]];
  }
  return {};
}

} // namespace limbeck::session
