#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| deputize_fuzz::mcp_lines::check(data));
