#pragma once

#include <nanobind/nanobind.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lazulite::python {

namespace nb = nanobind;

/// What a compiled function depended on when it was traced, in words, so that the next trace can
/// say what differs.
class StateDescription {
 public:
  /// What is where the steps have led.
  void note(std::string text) { entries_.emplace_back(path_, Entry{std::move(text), nullptr}); }
  /// An object that is told from others by its identity.
  void note_object(PyObject* object);
  /// Numbers, strings and None; the sizes of lists, tuples and dicts. Nothing for others.
  void note_plain(PyObject* object);

  /// What is other now than `before`, most telling things first.
  std::vector<std::string> differences(const StateDescription& before) const;

 private:
  friend class DescriptionStep;
  struct Entry {
    std::string text;
    PyObject* object;  // not to be looked into
    bool operator==(const Entry&) const = default;
  };
  std::string path_;
  std::vector<std::pair<std::string, Entry>> entries_;
};

/// A step to a part of what is described, until the end of the scope; none where nobody describes.
class DescriptionStep {
 public:
  /// `name` gives the step's name, which follows the path so far, or begins one of its own.
  template <class F>
  DescriptionStep(StateDescription* description, F&& name, bool begins = false)
      : description_(description) {
    if (!description_) return;
    before_ = description_->path_;
    if (begins) description_->path_.clear();
    description_->path_ += name();
  }
  ~DescriptionStep() {
    if (description_) description_->path_ = std::move(before_);
  }
  DescriptionStep(const DescriptionStep&) = delete;
  DescriptionStep& operator=(const DescriptionStep&) = delete;

 private:
  StateDescription* const description_;
  std::string before_;
};

/// The name of a function or a class, or of an object's type.
std::string function_name(nb::handle function);

}  // namespace lazulite::python
