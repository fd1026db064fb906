//! Made-up documents: small real PDFs that say what they stand for.

/// A one-page PDF with a heading, a name and the word DEMO. Shows ASCII characters only.
pub fn pdf(heading: &str, name: &str) -> Vec<u8> {
    let shown = |text: &str| -> String {
        text.chars().filter(|c| c.is_ascii() && !matches!(c, '(' | ')' | '\\')).collect()
    };
    let page = format!(
        "BT /F1 22 Tf 72 700 Td ({}) Tj 0 -40 Td /F1 14 Tf ({}) Tj 0 -30 Td (DEMO - not a real document) Tj ET",
        shown(heading),
        shown(name)
    );
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        file.push_str(&format!("{place:010} 00000 n \n"));
    }
    file.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}
