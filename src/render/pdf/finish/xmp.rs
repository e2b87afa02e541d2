//! The metadata stream: the document's description and the standards it claims.

use lopdf::{Document, ObjectId, Stream, dictionary};

use super::super::tree::Meta;
use super::text::{PRODUCER, xmp_date};

const OPEN: &str = "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
<rdf:Description rdf:about=\"\"\n\
 xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n\
 xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n\
 xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\"\n\
 xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\"\n\
 xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\"\n\
 xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\"\n\
 xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\"\n\
 xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\n";

/// PDF/A wants every property outside its own list described; PDF/UA's identifier is one.
const CLAIMS: &str = "<pdfaid:part>2</pdfaid:part>\n\
<pdfaid:conformance>A</pdfaid:conformance>\n\
<pdfuaid:part>1</pdfuaid:part>\n\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\n\
 <pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>\n\
 <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\n\
 <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\n\
 <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType=\"Resource\">\n\
  <pdfaProperty:name>part</pdfaProperty:name>\n\
  <pdfaProperty:valueType>Integer</pdfaProperty:valueType>\n\
  <pdfaProperty:category>internal</pdfaProperty:category>\n\
  <pdfaProperty:description>Part of ISO 14289 the document conforms to</pdfaProperty:description>\n\
 </rdf:li></rdf:Seq></pdfaSchema:property>\n\
</rdf:li></rdf:Bag></pdfaExtension:schemas>\n";

const CLOSE: &str = "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>";

/// Adds the stream, which stays readable to tools that do not know PDF.
pub(super) fn write(file: &mut Document, meta: &Meta) -> ObjectId {
    let dict = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
    file.add_object(Stream::new(dict, packet(meta).into_bytes()).with_compression(false))
}

fn packet(meta: &Meta) -> String {
    let alternative = |name: &str, text: &str| {
        let text = escaped(text);
        format!("<{name}><rdf:Alt><rdf:li xml:lang=\"x-default\">{text}</rdf:li></rdf:Alt></{name}>\n")
    };
    let plain = |name: &str, text: &str| format!("<{name}>{}</{name}>\n", escaped(text));
    let listed = |name: &str, kind: &str, text: &str| {
        format!("<{name}><rdf:{kind}><rdf:li>{}</rdf:li></rdf:{kind}></{name}>\n", escaped(text))
    };
    let date = meta.date.map(xmp_date);
    let parts = [
        Some(alternative("dc:title", &meta.title)),
        meta.author.as_ref().map(|a| listed("dc:creator", "Seq", a)),
        meta.subject.as_ref().map(|s| alternative("dc:description", s)),
        Some(listed("dc:language", "Bag", &meta.lang)),
        meta.keywords.as_ref().map(|k| plain("pdf:Keywords", k)),
        Some(plain("pdf:Producer", PRODUCER)),
        Some(plain("xmp:CreatorTool", PRODUCER)),
        date.as_ref().map(|d| plain("xmp:CreateDate", d)),
        date.as_ref().map(|d| plain("xmp:ModifyDate", d)),
    ];
    [OPEN, &parts.into_iter().flatten().collect::<String>(), CLAIMS, CLOSE].concat()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packet_is_well_formed_whatever_the_title() {
        let meta = Meta { title: "A & B <c> ]]>".into(), author: Some("ł".into()), ..Meta::default() };
        let packet = packet(&meta);
        let xml = roxmltree::Document::parse(packet.trim_start_matches('\u{feff}')).expect("well-formed");
        assert!(xml.descendants().any(|n| n.text() == Some("A & B <c> ]]>")));
    }
}
