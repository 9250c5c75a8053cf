;; The tool of this skill in WebAssembly text: writes {"echo": and its arguments and }.
;; `palyra skills package build` assembles it; `palyra run --module` takes it as it is.
(module
  (import "palyra:skill/call@1.0.0" "input-length" (func $input_length (result i32)))
  (import "palyra:skill/call@1.0.0" "input-read" (func $input_read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $output_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"echo\":}")

  ;; The arguments are copied to address 16, after as many pages as they need have been added.
  (func (export "echo") (result i32)
    (local $length i32)
    (local.set $length (call $input_length))
    (if (i32.eq (memory.grow (i32.add (i32.shr_u (local.get $length) (i32.const 16)) (i32.const 1))) (i32.const -1))
      (then (return (i32.const 1))))
    (drop (call $input_read (i32.const 16) (local.get $length) (i32.const 0)))
    (drop (call $output_write (i32.const 0) (i32.const 8)))
    (drop (call $output_write (i32.const 16) (local.get $length)))
    (call $output_write (i32.const 8) (i32.const 1))))
