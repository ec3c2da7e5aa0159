use super::*;

fn errors(text: &str) -> Vec<String> {
    parse(text)
        .errors
        .iter()
        .map(|error| {
            let (line, column) = Lines::new(text).locate(error.span.start);
            format!("{line}:{column} {}", error.message)
        })
        .collect()
}

#[test]
fn agrees_with_a_general_library_on_what_is_json() {
    let texts = [
        "{}",
        "[]",
        "1",
        "-0.5e+3",
        "01",
        "1.",
        "+1",
        ".5",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\x\"",
        "\"\t\"",
        "tru",
        "nul",
        "true",
        "[1,]",
        "[1 2]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "",
        "  ",
        "[",
        "{\"a\":",
        "[[[[]]]]",
        "{\"a\":{\"b\":[null]}} x",
        "'a'",
        "// c\n1",
        "\u{feff}1",
        "[,1]",
        "]",
        "{]",
        "[}",
        "\"abc",
        "-",
        "--1",
        "1e",
        "{,}",
        "[1}",
        "{\"a\":1]",
        "\"\u{7f}\"",
        "\"\\/\"",
        "[\"\\u12\"]",
        "\"\\u12é\"",
    ];
    for text in texts {
        let ours = parse(text).errors.is_empty();
        let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert_eq!(ours, theirs, "{text:?}: {:?}", parse(text).errors);
    }
}

#[test]
fn several_mistakes_are_found_in_one_run_and_the_rest_is_read() {
    let text = "{\n  \"a\": [1 2,],\n  'b': \"x\" // why\n  \"c\": yes\n}";
    assert_eq!(
        errors(text),
        [
            "2:11 a comma is missing before this",
            "2:12 a comma before the closing bracket",
            "3:3 a string in single quotes",
            "3:12 JSON has no comments",
            "4:3 a comma is missing before this",
            "4:8 `yes` is not quoted",
        ]
    );
    let root = parse(text).root.unwrap();
    assert_eq!(root.get("c").and_then(Node::as_str), Some("yes"));
}

#[test]
fn columns_count_characters() {
    assert_eq!(
        errors("{\"é\": 1 \"b\": 2}"),
        ["1:9 a comma is missing before this"]
    );
}

#[test]
fn depth_is_bounded() {
    let deep = "[".repeat(100_000);
    let parsed = parse(&deep);
    assert!(parsed.root.is_none());
    assert!(
        parsed.errors[0].message.contains("deeper"),
        "{:?}",
        parsed.errors
    );
    let fits = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(parse(&fits).errors.is_empty());
}

#[test]
fn errors_are_bounded() {
    let text = format!("[{}1]", "1,,".repeat(1000));
    assert_eq!(parse(&text).errors.len(), MAX_ERRORS);
    assert!(parse(&text).root.is_none());
}

#[test]
fn what_was_opened_and_never_closed_is_named_where_it_was_opened() {
    assert_eq!(
        errors("{\n \"a\": [1"),
        [
            "2:7 this bracket is never closed with `]`",
            "1:1 this bracket is never closed with `}`"
        ]
    );
}
