// The library tells kinds of errors apart by their types; what they are about stands in their texts or in the parsed command.
#include "ArgumentErrors.h"
#include "limbeck/Support/EditDistance.h"
#include <algorithm>

namespace limbeck::command {

static std::string inQuotes(std::string_view text) {
  return message("'", text, "'");
}

/// The command that was chosen, or the program when none was.
static const CLI::App &chosen(const CLI::App &app) {
  auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

/// The one of `names` that somebody most likely meant, or nothing: one that is longer, or differs in a letter or two.
static std::string nearest(std::string_view found, const std::vector<std::string> &names) {
  constexpr size_t kLongest = 64, kMostLetters = 2, kLeastPrefix = 4;
  std::string best;
  size_t distance = kMostLetters + 1;
  for (const std::string &name : names) {
    if (found.size() >= kLeastPrefix && name.starts_with(found))
      return name;
    size_t letters = found.size() > kLongest ? distance : editDistance(found, name);
    if (letters < std::min(distance, found.size() / 2))
      best = name, distance = letters;
  }
  return best;
}

static std::vector<std::string> flagsOf(const CLI::App &command) {
  std::vector<std::string> names;
  for (const CLI::Option *option : command.get_options())
    for (const std::string &name : option->get_lnames())
      names.push_back("--" + name);
  return names;
}

static std::vector<std::string> commandsOf(const CLI::App &app) {
  std::vector<std::string> names;
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; }))
    names.push_back(command->get_name());
  return names;
}

static std::string meant(const std::string &name, const std::string &otherwise) {
  return name.empty() ? otherwise : "did you mean " + name + "?";
}

/// What no flag and no place takes: a flag comes first, because it may have let the others stray.
static Diagnostic leftOver(const CLI::App &app, std::span<const std::string> arguments) {
  const CLI::App &command = chosen(app);
  std::vector<std::string> extras = app.remaining(true);
  std::string found, flag;
  for (const std::string &argument : arguments) {
    if (std::ranges::find(extras, argument) == extras.end())
      continue;
    if (found.empty())
      found = argument;
    if (flag.empty() && argument.starts_with('-'))
      flag = argument.substr(0, argument.find('='));
  }
  std::string name = &command == &app ? "limbeck" : "limbeck " + command.get_name();
  std::string help = name + " --help lists what it takes";
  if (!flag.empty())
    return error(Code::Flag, "expected a flag of ", name, ", found ", inQuotes(flag))
        .withHint(meant(nearest(flag, flagsOf(command)), help));
  return error(Code::Flag, "expected no more arguments of ", name, ", found ", inQuotes(found))
      .withHint(help);
}

static Diagnostic noCommand(const CLI::App &app, std::span<const std::string> arguments) {
  constexpr const char *kHelp = "limbeck --help lists commands";
  auto first =
      std::ranges::find_if(arguments, [](const std::string &text) { return !text.starts_with('-'); });
  if (first == arguments.end())
    return error(Code::Flag, "expected a command, found none").withHint(kHelp);
  return error(Code::Flag, "expected a command, found ", inQuotes(*first))
      .withHint(meant(nearest(*first, commandsOf(app)), kHelp));
}

/// `A excludes B`, `A requires B` and the like: the words before and behind `middle`.
static std::pair<std::string, std::string> around(const std::string &text, std::string_view middle) {
  size_t at = text.find(middle);
  if (at == std::string::npos)
    return {text, ""};
  return {text.substr(0, at), text.substr(at + middle.size())};
}

/// A flag that the one before it, which has no value, took for its own.
static std::optional<Diagnostic> flagAsValue(const CLI::App &command) {
  for (const CLI::Option *option : command.get_options())
    for (const std::string &value : option->results())
      if (value.starts_with('-') && command.get_option_no_throw(value))
        return error(Code::Flag, "expected a value behind ", option->get_name(), ", found ", inQuotes(value));
  return std::nullopt;
}

Diagnostic argumentError(const CLI::App &app, const CLI::ParseError &failure,
                         std::span<const std::string> arguments) {
  const std::string text = failure.what();
  if (chosen(app).get_name() == app.get_name() && app.get_subcommands().empty())
    return noCommand(app, arguments);
  std::string help = message("limbeck ", chosen(app).get_name(), " --help shows examples");
  if (std::optional<Diagnostic> found = flagAsValue(chosen(app)))
    return found->withHint(help);
  if (dynamic_cast<const CLI::ExtrasError *>(&failure))
    return leftOver(app, arguments);
  if (dynamic_cast<const CLI::RequiredError *>(&failure))
    return error(Code::Flag, "expected ", around(text, " is required").first, ", found none").withHint(help);
  if (dynamic_cast<const CLI::ExcludesError *>(&failure)) {
    auto [one, other] = around(text, " excludes ");
    return error(Code::Flag, "expected ", one, " without ", other, ", found both");
  }
  if (dynamic_cast<const CLI::RequiresError *>(&failure)) {
    auto [one, other] = around(text, " requires ");
    return error(Code::Flag, "expected ", other, " beside ", one, ", found none");
  }
  if (dynamic_cast<const CLI::ArgumentMismatch *>(&failure)) {
    auto [flag, what] = around(text, ":");
    bool several = what.find("received") != std::string::npos;
    return error(Code::Flag, several ? "expected one " : "expected a value behind ", flag, ", found ",
                 several ? "several" : "none")
        .withHint(help);
  }
  if (dynamic_cast<const CLI::ConversionError *>(&failure))
    return error(Code::Flag, "expected a value of another kind: ", text).withHint(help);
  // What checks of values say is ours already.
  return error(Code::Flag, text).withHint(help);
}

} // namespace limbeck::command
