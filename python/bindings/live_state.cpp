#include "live_state.h"

#include <algorithm>

#include "arguments.h"
#include "lazulite/transforms/traced.h"
#include "nests.h"
#include "new_places.h"
#include "random_state.h"

namespace lazulite::python {
namespace {

nb::object attribute(PyObject* object, const char* name) {
  nb::object value = nb::steal(PyObject_GetAttrString(object, name));
  if (!value.is_valid()) PyErr_Clear();
  return value;
}

// Types of Python that its stable interface has no checks for.
struct Types {
  PyTypeObject* function = type_of("types", "FunctionType");
  PyTypeObject* method = type_of("types", "MethodType");
  PyTypeObject* code = type_of("types", "CodeType");
  PyTypeObject* partial = type_of("functools", "partial");
  PyTypeObject* member = type_of("types", "MemberDescriptorType");
  PyTypeObject* names = type_of("types", "SimpleNamespace");
  PyTypeObject* counter = type_of("collections", "Counter");
  PyTypeObject* default_dict = type_of("collections", "defaultdict");

 private:
  // Kept for the life of the process.
  static PyTypeObject* type_of(const char* module, const char* name) {
    nb::object type = nb::module_::import_(module).attr(name);
    return reinterpret_cast<PyTypeObject*>(type.release().ptr());
  }
};

// With the GIL, which an import may give to another thread: a lock of the language's own around it
// would make the two wait for each other. So it may be made twice, and one of them is kept.
template <class T, class Make>
const T& made_once(const T*& one, Make make) {
  if (!one) {
    const T* made = new T(make());
    if (!one) one = made;
  }
  return *one;
}

const Types& types() {
  static const Types* all = nullptr;
  return made_once(all, [] { return Types(); });
}

std::string text_of(nb::handle object) {
  return nb::isinstance<nb::str>(object) ? nb::cast<std::string>(object) : "";
}

// Whether a module is installed: what it does is known to change nothing of ours.
bool is_installed(const std::string& module) {
  static auto& known = *new std::unordered_map<std::string, bool>();
  // What is run by `exec` without a name says that it is of builtins, where no code of Python is.
  if (module == "__main__" || module == "builtins" || module.empty()) return false;
  auto found = known.find(module);
  if (found != known.end()) return found->second;
  nb::dict modules = nb::module_::import_("sys").attr("modules");
  // Code that was run under a name of its own is the user's, and may be imported later.
  if (!modules.contains(module.c_str())) return false;
  std::string file = text_of(nb::getattr(modules[module.c_str()], "__file__", nb::none()));
  static const std::string* kept = nullptr;
  const std::string& library = made_once(
      kept, [] { return text_of(nb::module_::import_("sysconfig").attr("get_path")("stdlib")); });
  return known[module] = file.empty() || file.find("site-packages") != std::string::npos ||
                         file.find("dist-packages") != std::string::npos ||
                         file.rfind(library, 0) == 0;
}

bool is_ours(const std::string& module) {
  return module == "lazulite" || module == "mlx" || module.rfind("lazulite.", 0) == 0 ||
         module.rfind("mlx.", 0) == 0;
}

bool is_of_user(const std::string& module) { return !is_installed(module) && !is_ours(module); }

struct TypeInfo {
  bool followed = false;  // instances are
  bool of_user = false;   // its methods are, too
  std::vector<nb::object> slots = {};
};

// A weak reference, since a class reaches all that its methods name: the entry of a type that is
// gone is known by it, if another type gets the address.
struct KnownType {
  PyObject* reference = nullptr;
  TypeInfo info = {};
};

// The names of the slots that classes of the user give their instances.
std::vector<nb::object> slots_of(PyObject* type) {
  std::vector<nb::object> names;
  for (nb::handle base : attribute(type, "__mro__")) {
    const auto* of = reinterpret_cast<PyTypeObject*>(base.ptr());
    const bool heap = PyType_GetFlags(const_cast<PyTypeObject*>(of)) & Py_TPFLAGS_HEAPTYPE;
    if (!heap || !is_of_user(text_of(attribute(base.ptr(), "__module__")))) continue;
    nb::object items = nb::steal(PyMapping_Items(attribute(base.ptr(), "__dict__").ptr()));
    for (nb::handle pair : items) {
      if (Py_TYPE(PyTuple_GetItem(pair.ptr(), 1)) != types().member) continue;
      names.push_back(nb::borrow(PyTuple_GetItem(pair.ptr(), 0)));
    }
  }
  return names;
}

const TypeInfo& info_of(PyTypeObject* type) {
  static auto& known = *new std::unordered_map<PyTypeObject*, KnownType>();
  auto* object = reinterpret_cast<PyObject*>(type);
  KnownType& entry = known[type];
  if (entry.reference && PyWeakref_GetObject(entry.reference) == object) return entry.info;
  Py_XDECREF(entry.reference);
  entry.reference = PyWeakref_NewRef(object, nullptr);
  if (!entry.reference) nb::raise_python_error();
  TypeInfo info;
  bool heap = PyType_GetFlags(type) & Py_TPFLAGS_HEAPTYPE;
  std::string module = text_of(attribute(object, "__module__"));
  nb::object offset = attribute(object, "__dictoffset__");
  bool has_dict = offset.is_valid() && PyLong_AsLong(offset.ptr()) != 0;
  info.of_user = heap && is_of_user(module);
  if (info.of_user) info.slots = slots_of(object);
  info.followed = heap && (has_dict || !info.slots.empty()) && (info.of_user || is_ours(module));
  // Namespaces of the standard library.
  const bool options =
      module == "argparse" && text_of(attribute(object, "__name__")) == "Namespace";
  info.followed = info.followed || options || type == types().names;
  entry.info = std::move(info);
  return entry.info;
}

// The names that a function's code, and the functions inside of it, may look up. Of those that are
// only counted (_counters.py) numbers, and lists and dicts of plain values, say nothing of what the
// function computes.
struct Names {
  std::vector<nb::object> read, counted;
  nb::object own_counters;  // a set, of the code itself

  bool counts(nb::handle name) const { return PySet_Contains(own_counters.ptr(), name.ptr()) == 1; }
};

bool is_plain_number(PyObject* o) { return PyLong_CheckExact(o) || PyFloat_CheckExact(o); }

constexpr int deepest_record = 3;

bool is_plain(PyObject* o) {
  return o == Py_None || PyBool_Check(o) || is_plain_number(o) || PyUnicode_CheckExact(o) ||
         nb::isinstance<DtypeObject>(o);
}

bool is_list_or_tuple(PyObject* o) { return PyList_CheckExact(o) || PyTuple_CheckExact(o); }

bool is_dict_of_python(PyObject* o) {
  return PyDict_CheckExact(o) || Py_TYPE(o) == types().counter ||
         Py_TYPE(o) == types().default_dict;
}

// Whether what this holds are plain values all through, so that no array of ours is in there.
bool is_record(PyObject* o, int depth = 0) {
  auto is_part = [&](PyObject* part) { return is_plain(part) || is_record(part, depth + 1); };
  if (depth == deepest_record) return false;
  if (is_list_or_tuple(o)) {
    for (Py_ssize_t i = 0; i < PySequence_Size(o); ++i) {
      if (!is_part(PyList_Check(o) ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i))) return false;
    }
    return true;
  }
  if (!is_dict_of_python(o)) return false;
  PyObject *key, *value;
  Py_ssize_t at = 0;
  while (PyDict_Next(o, &at, &key, &value)) {
    if (!is_part(key) || !is_part(value)) return false;
  }
  return true;
}

const Names& names_of(PyObject* code) {
  static auto& known = *new std::unordered_map<PyObject*, Names>();
  auto found = known.find(code);
  if (found != known.end()) return found->second;
  Py_INCREF(code);
  Names names;
  names.own_counters =
      nb::module_::import_("lazulite._counters").attr("counters")(nb::handle(code));
  for (nb::handle name : attribute(code, "co_names")) {
    (names.counts(name) ? names.counted : names.read).push_back(nb::borrow(name));
  }
  for (nb::handle constant : attribute(code, "co_consts")) {
    if (Py_TYPE(constant.ptr()) != types().code) continue;
    const Names& inner = names_of(constant.ptr());
    names.read.insert(names.read.end(), inner.read.begin(), inner.read.end());
    names.counted.insert(names.counted.end(), inner.counted.begin(), inner.counted.end());
  }
  std::erase_if(names.counted, [&](const nb::object& counted) {
    return std::any_of(names.read.begin(), names.read.end(),
                       [&](const nb::object& name) { return name.is(counted); });
  });
  return known[code] = std::move(names);
}

}  // namespace

LiveState::LiveState(nb::handle root, StateDescription* description, Contents* contents)
    : description_(description), contents_(contents) {
  visit(root.ptr(), {Place::item, nullptr, {}});
}

std::optional<size_t> LiveState::find(const Place& place) const {
  for (size_t i = 0; i < places_.size(); ++i) {
    const Place& one = places_[i];
    const bool same_object = one.array == place.array;
    const bool same_place = one.container && one.container == place.container &&
                            one.kind == place.kind && one.key.is(place.key) &&
                            one.index == place.index;
    if (same_object || same_place) return i;
  }
  return {};
}

nb::object LiveState::put(const Place& place, const Array& array) {
  if (place.kind == Place::item && (!place.container || !PyList_Check(place.container))) {
    array_at(place) = array;
    return nb::borrow(place.array);
  }
  nb::object object = nb::cast(array);
  if (!set(place, object.ptr())) nb::raise_python_error();
  return object;
}

bool LiveState::set(const Place& place, PyObject* object) {
  switch (place.kind) {
    case Place::item:
      Py_INCREF(object);
      return PyList_SetItem(place.container, place.index, object) == 0;
    case Place::cell: return PyObject_SetAttrString(place.container, "cell_contents", object) == 0;
    case Place::entry: return PyDict_SetItem(place.container, place.key.ptr(), object) == 0;
    case Place::attribute:
      // What a class says about setting attributes, that it is frozen for instance, is its user's.
      return (PyType_Check(place.container)
                  ? PyObject_SetAttr(place.container, place.key.ptr(), object)
                  : PyObject_GenericSetAttr(place.container, place.key.ptr(), object)) == 0;
  }
  return false;
}

bool LiveState::is_followed(PyObject* o) {
  return PyList_Check(o) || PyTuple_Check(o) || PyDict_Check(o) || Py_TYPE(o) == types().function ||
         Py_TYPE(o) == types().method || Py_TYPE(o) == types().partial ||
         info_of(Py_TYPE(o)).followed;
}

bool LiveState::seen(PyObject* object) {
  auto [entry, is_new] = seen_.try_emplace(object, static_cast<uint32_t>(seen_.size()));
  if (is_new) return false;
  key_ += '^';
  number(entry->second);
  return true;
}

void LiveState::name(PyObject* object) {
  key_ += '@';
  number(object);
  named_.push_back(object);
  if (description_) description_->note_object(object);
}

void LiveState::visit_array(PyObject* object, Place place) {
  if (seen(object)) return;
  const Array& array = *nb::inst_ptr<Array>(object);
  key_ += 'a';
  number(array.dtype());
  number(array.ndim());
  for (int64_t size : array.shape()) number(size);
  if (description_) {
    description_->note(name_of(array.dtype()) + (" " + to_string(array.shape())));
  }
  place.array = object;
  places_.push_back(std::move(place));
}

// A number or a string, also one of a class of its own; false where it is none.
bool LiveState::visit_number(PyObject* o) {
  if (PyLong_Check(o)) {
    key_ += 'i';
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(o, &overflow);
    overflow ? name(o) : number(value);
  } else if (PyFloat_Check(o)) {
    key_ += 'd';
    number(PyFloat_AsDouble(o));
  } else if (PyUnicode_Check(o)) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(o, &size);
    if (!text) return PyErr_Clear(), name(o), true;
    key_ += 's';
    number(size);
    key_.append(text, static_cast<size_t>(size));
  } else {
    return false;
  }
  return true;
}

void LiveState::visit(PyObject* o, Place place) {
  expect_stack();
  if (contents_) contents_->note(o, place);
  if (array_of(o)) return visit_array(o, std::move(place));
  if (description_) description_->note_plain(o);
  if (o == Py_None) {
    key_ += 'n';
    return;
  }
  if (PyBool_Check(o)) {
    key_ += o == Py_True ? 't' : 'f';
    return;
  }
  if ((PyLong_CheckExact(o) || PyFloat_CheckExact(o) || PyUnicode_CheckExact(o)) &&
      visit_number(o)) {
    return;
  }
  slots_.push_back({std::move(place), o});
  if (PyList_Check(o) || PyTuple_Check(o)) {
    if (seen(o)) return;
    key_ += PyList_Check(o) ? '[' : '(';
    Py_ssize_t count = PySequence_Size(o);
    number(count);
    for (Py_ssize_t i = 0; i < count; ++i) {
      PyObject* item = PyList_Check(o) ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i);
      DescriptionStep step(description_, [&] { return "[" + std::to_string(i) + "]"; });
      visit(item, {Place::item, o, {}, i});
    }
    if (info_of(Py_TYPE(o)).followed) visit_instance(o);
  } else if (PyDict_Check(o)) {
    if (seen(o)) return;
    visit_dict(o, false);
    if (info_of(Py_TYPE(o)).followed) visit_instance(o);
  } else if (Py_TYPE(o) == types().function) {
    if (!seen(o)) visit_function(o);
  } else if (Py_TYPE(o) == types().method) {
    if (seen(o)) return;
    DescriptionStep step(
        description_, [] { return "self"; }, true);
    visit(attribute(o, "__self__").ptr(), {Place::item, nullptr, {}});
    visit(attribute(o, "__func__").ptr(), {Place::item, nullptr, {}});
  } else if (Py_TYPE(o) == types().partial) {
    if (seen(o)) return;
    key_ += 'p';
    for (const char* part : {"func", "args", "keywords"}) {
      DescriptionStep step(description_, [&] { return "." + std::string(part); });
      visit(attribute(o, part).ptr(), {Place::item, nullptr, {}});
    }
  } else if (nb::object state = state_of(o); state.is_valid()) {
    visit(state.ptr(), {Place::item, nullptr, {}});
  } else if (PyType_Check(o)) {
    name(o);
    if (!seen(o) && info_of(reinterpret_cast<PyTypeObject*>(o)).of_user) visit_class(o);
  } else if (info_of(Py_TYPE(o)).followed) {
    if (!seen(o)) visit_instance(o);
  } else {
    name(o);
    // What wraps a function of Python says so.
    nb::object wrapped = PyModule_Check(o) ? nb::object() : attribute(o, "__wrapped__");
    if (!wrapped.is_valid() || seen(o)) return;
    visit(wrapped.ptr(), {Place::item, nullptr, {}});
    // A custom function's derivatives.
    nb::object rules = attribute(o, "_rules");
    if (rules.is_valid()) visit(rules.ptr(), {Place::item, nullptr, {}});
  }
}

void LiveState::visit_dict(PyObject* dict, bool attributes) {
  key_ += '{';
  PyObject *name, *value;
  Py_ssize_t at = 0;
  std::vector<std::pair<nb::object, nb::object>> entries;
  while (PyDict_Next(dict, &at, &name, &value)) {
    entries.emplace_back(nb::borrow(name), nb::borrow(value));
  }
  number(entries.size());
  for (auto& [key, item] : entries) {
    DescriptionStep step(description_, [&] {
      return attributes ? "." + text_of(key) : "[" + nb::cast<std::string>(nb::repr(key)) + "]";
    });
    {
      DescriptionStep of_key(description_, [] { return " (the key)"; });
      visit(key.ptr(), {Place::item, nullptr, {}});
    }
    visit(item.ptr(), {Place::entry, dict, key});
  }
}

void LiveState::visit_function(PyObject* function) {
  nb::object code = attribute(function, "__code__");
  std::string module = text_of(attribute(function, "__module__"));
  name(code.ptr());
  if (is_installed(module) || is_ours(module)) return name(function);
  nb::object closure = attribute(function, "__closure__");
  if (closure.is_valid() && !closure.is_none()) {
    size_t number_of_cell = 0;
    nb::object names = attribute(code.ptr(), "co_freevars");
    for (nb::handle cell : closure) {
      DescriptionStep step(
          description_, [&] { return "the variable `" + text_of(names[number_of_cell]) + "`"; },
          true);
      ++number_of_cell;
      if (contents_) contents_->note(cell.ptr(), {Place::item, nullptr, {}});
      nb::object content = attribute(cell.ptr(), "cell_contents");
      if (!content.is_valid()) {
        key_ += '-';  // not set yet
        continue;
      }
      if (names_of(code.ptr()).counts(names[number_of_cell - 1]) &&
          visit_counter(content.ptr(), {Place::cell, cell.ptr(), {}})) {
        key_ += '-';
        continue;
      }
      visit(content.ptr(), {Place::cell, cell.ptr(), {}});
      visit_module(code.ptr(), content.ptr());
    }
  }
  for (const char* defaults : {"__defaults__", "__kwdefaults__"}) {
    DescriptionStep step(description_, [] { return std::string("a default"); });
    visit(attribute(function, defaults).ptr(), {Place::item, nullptr, {}});
  }
  visit_names(code.ptr(), attribute(function, "__globals__").ptr(), "the global `");
  nb::object attributes = attribute(function, "__dict__");
  if (attributes.is_valid() && PyDict_Size(attributes.ptr()) > 0) {
    if (contents_) contents_->note_attributes(attributes.ptr(), function);
    visit_dict(attributes.ptr(), true);
  }
  nb::object wrapped = attribute(function, "__wrapped__");
  if (wrapped.is_valid()) visit(wrapped.ptr(), {Place::item, nullptr, {}});
}

// What a variable holds that is only counted or put into; false where it is to be followed after
// all. What stands there is noted, as arrays may come to stand there.
bool LiveState::visit_counter(PyObject* o, const Place& place) {
  if (is_plain_number(o)) return true;
  if (!is_record(o)) return false;
  if (contents_) note_record(o, place);
  return true;
}

void LiveState::note_record(PyObject* o, const Place& place) {
  contents_->note(o, place);
  if (is_list_or_tuple(o)) {
    for (Py_ssize_t i = 0; i < PySequence_Size(o); ++i) {
      PyObject* item = PyList_Check(o) ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i);
      note_record(item, {Place::item, o, {}, i});
    }
  } else if (is_dict_of_python(o)) {
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(o, &at, &key, &value))
      note_record(value, {Place::entry, o, nb::borrow(key)});
  }
}

// The variables of a namespace that a function's code names, and those of the user's modules there.
void LiveState::visit_names(PyObject* code, PyObject* namespace_, const char* what) {
  expect_stack();
  auto follow = [&](const nb::object& name, bool counted) {
    PyObject* value = PyDict_GetItemWithError(namespace_, name.ptr());
    if (!value) return PyErr_Clear();
    nb::object held = nb::borrow(value);
    if (counted && visit_counter(value, {Place::entry, namespace_, name})) return;
    DescriptionStep step(
        description_, [&] { return what + text_of(name) + "`"; }, true);
    visit(value, {Place::entry, namespace_, name});
    visit_module(code, value);
  };
  const Names& names = names_of(code);
  for (const nb::object& name : names.read) follow(name, false);
  for (const nb::object& name : names.counted) follow(name, true);
}

void LiveState::visit_module(PyObject* code, PyObject* module) {
  if (!PyModule_Check(module) || !is_of_user(text_of(attribute(module, "__name__")))) return;
  PyObject* variables = PyModule_GetDict(module);
  if (!modules_.insert({code, variables}).second) return;
  if (contents_) contents_->note_attributes(variables, module);
  visit_names(code, variables, "the module's `");
}

void LiveState::visit_instance(PyObject* object) {
  key_ += 'o';
  name(reinterpret_cast<PyObject*>(Py_TYPE(object)));
  (void)visit_number(object);
  nb::object attributes = attribute(object, "__dict__");
  if (attributes.is_valid() && PyDict_Check(attributes.ptr()) && !seen(attributes.ptr())) {
    if (contents_) contents_->note_attributes(attributes.ptr(), object);
    visit_dict(attributes.ptr(), true);
  }
  for (const nb::object& name : info_of(Py_TYPE(object)).slots) {
    nb::object value = nb::steal(PyObject_GenericGetAttr(object, name.ptr()));
    if (!value.is_valid()) {
      PyErr_Clear();
      key_ += '-';  // not set yet
      continue;
    }
    DescriptionStep step(description_, [&] { return "." + text_of(name); });
    visit(value.ptr(), {Place::attribute, object, name});
  }
  if (info_of(Py_TYPE(object)).of_user && !seen(reinterpret_cast<PyObject*>(Py_TYPE(object)))) {
    visit_class(reinterpret_cast<PyObject*>(Py_TYPE(object)));
  }
}

// The functions and the other attributes of a class and of those that it is derived from.
void LiveState::visit_class(PyObject* type) {
  nb::object order = attribute(type, "__mro__");
  for (nb::handle base : order) {
    if (contents_) contents_->note(base.ptr(), {Place::item, nullptr, {}});
    if (!info_of(reinterpret_cast<PyTypeObject*>(base.ptr())).of_user) continue;
    nb::object entries = nb::steal(PyObject_GetAttrString(base.ptr(), "__dict__"));
    nb::object items = nb::steal(PyMapping_Items(entries.ptr()));
    for (nb::handle pair : items) {
      PyObject* value = PyTuple_GetItem(pair.ptr(), 1);
      std::string name = text_of(PyTuple_GetItem(pair.ptr(), 0));
      bool special = name.size() > 4 && name.rfind("__", 0) == 0;
      if (special && Py_TYPE(value) != types().function) continue;
      DescriptionStep step(description_, [&] { return "." + name; });
      nb::object held = nb::borrow(value);
      visit(value, {Place::attribute, base.ptr(), nb::borrow(PyTuple_GetItem(pair.ptr(), 0))});
    }
  }
}

bool reaches_traced(const nb::object& root) {
  const LiveState state(root);
  return std::any_of(state.places().begin(), state.places().end(),
                     [](const LiveState::Place& place) {
                       const Array& array = LiveState::array_at(place);
                       return array.valid() && is_traced(array);
                     });
}

}  // namespace lazulite::python
