#pragma once

#include "lazulite/backends/cpu/fused/slots.h"
#include "lazulite/backends/cpu/fused/tape.h"
#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// Turns a fused kernel into a tape: decides where each register lives and how often it is computed.
class Lowering {
 public:
  // `tape` has its layout, blocking and slot_bytes.
  Lowering(const FusedKernel& kernel, const Launch& launch, Tape& tape);
  void run();

 private:
  // How often a value changes.
  enum class Level : uint8_t { launch, invariant, row, block };

  struct Value {
    Level level = Level::block;
    uint16_t root = 0;    // the register whose bits these are: itself, or what was only renamed
    bool ready = false;   // computed, or loaded
    bool owned = false;   // in a scratch block that is given back after last_use
    bool copied = false;  // an input that is overwritten before its last use
    uint16_t place = 0;
    size_t last_use = 0;  // number of the last operation that reads it
  };

  static constexpr size_t after_all = ~size_t{0};
  static constexpr uint16_t no_place = 0xffff;

  // Analysis.
  Access classify(size_t input) const;
  bool only_renames(const FusedOp& op) const;
  void find_roots_and_levels();
  void choose_outputs();
  void find_last_uses();
  void find_overwritten_inputs();

  // Emission.
  void load(size_t input);
  void emit(size_t op);
  void emit_cast(const FusedOp& op, Level level, uint16_t to);
  void emit_row(const FusedOp& op, Level level, uint16_t to);
  void store(size_t output);
  void number_places();

  Value& root(size_t index) { return values_[values_[index].root]; }
  Dtype computed(size_t index) const { return compute_dtype(kernel_.register_dtype(index)); }
  static bool is_scalar(Level level) { return level == Level::launch || level == Level::row; }
  std::vector<Instruction>& code(Level level);
  uint16_t new_scalar();
  uint16_t new_block(Level level);
  void free_block(uint16_t place);
  uint16_t use(size_t index);                        // the place of a register's value
  uint16_t use_as_block(size_t index, Level level);  // also of a scalar: in a block of its own

  const FusedKernel& kernel_;
  const Launch& launch_;
  Tape& tape_;
  const size_t inputs_;
  std::vector<Value> values_;      // of each register
  std::vector<uint16_t> direct_;   // the output that a register is computed into, or no_place
  std::vector<bool> only_stored_;  // the register's bits are read by nothing but stores
  Slots slots_;
};

}  // namespace lazulite::cpu
