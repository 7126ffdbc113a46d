"""What the parts of a postal address look like in many countries: streets, units, codes, places."""

from __future__ import annotations

import functools
import re

CAPITAL = r"[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİĮŁŃŇŌŐŒŘŚŞȘŠŢȚŤŪŮŰŹŻŽƠƯÐÞ]"
WORD = rf"(?:(?:St|Jr|Sr|Ste|Sta|Sto|Dr|Mt|Ft|Gen|Prof|Col|Brgy|Bgy|Co|TP|ks|św|gen|prof|dr|bp|płk|{CAPITAL})\.|{CAPITAL}[^\W\d_]*(?:['’ʻ.-][^\W\d_]+)*)"
_S = r"[ \u00a0]"
_NO = r"\d{1,5}(?:[ -]?[A-Za-z]\b)?(?:[-–/]\d{1,5}[A-Za-z]?){0,3}(?:(?<=[A-Z]) \d{1,3}\b(?!\d))?"
_ORD = r"\d{1,3}(?:st|nd|rd|th)"
_SMALL = r"(?:de|del|della|di|da|do|dos|das|of|the|and|la|le|les|las|los|el|y|e|upon|am|im|ob|bei|an|der|sur|na|van|von|den|het)"

_ENGLISH = (
    r"(?:Street|Str?|Road|Rd|Avenue|Ave?|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Terrace|Terr?|Way|Close|"
    r"Crescent|Cres|Gardens|Gdns|Grove|Mews|Parade|Pde|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Row|Walk|Quay|Trail|Trl|Loop|"
    r"Alley|Wharf|Rise|View|Vale|Green|Hill|Park|Broadway|Esplanade|Embankment|Path|Pike|Plaza|Point|Ridge|Run|Gate|"
    r"Heights|Meadows?|Bend|Crossing|Cross|Expressway|Link|Marg|Nagar|Salai|Jalan|Soi|Bypass|Mall|Yard|Promenade|Lu|Jie|Hutong|Dao|Sadak|Bazar|Bazaar|Chowk|Path|Gali|Cct|Cv|Cove|Trace|Retreat|Vista|Bvd|Hts|Xing)\b\.?"
)
# Rarer ones, which are a street's only right behind its number and a name: 27b Quarry Bank.
_RARE_ENGLISH = (
    r"(?:Bank|Brae|Brow|Cloisters|Dale|Dell|Drove|End|Fold|Garth|Glade|Glen|Haven|Holt|Knoll|Lea|Leas|Lawn|Leys|Mead|Moor|Mount|"
    r"Orchard|Paddock|Pastures|Piece|Reach|Rigg|Shaw|Spinney|Spur|Steps|Tops?|Villas|Woods?|Wynd|Arcade|Approach|Chase|Corner|"
    r"Copse|Croft|Cottages|Common|Causeway|Circus|Cliff|Crest|Fields?|Gait|Hollow|Landing|Maltings|Oval|Precinct|Turn|Viaduct|Weir)\b"
)
_SURE_ENGLISH = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Terrace|Crescent|Cres|Esplanade|Parade|Mews|"
    r"Parkway|Pkwy|Highway|Hwy|Close|Marg|Nagar|pr|prospekt|prosp|Prospekt)\b\.?"
)
# Where whole quarters are planned: behind a plot's number they are its street.
_COLONIES = (
    r"(?:Hills|Village|Villas|Colony|Enclave|Layout|Estates?|Township|Society|Vihar|Puram|Kunj|Bagh|Nivas|Subdivision|Homes|"
    r"Heights|Residences?|Park|City|Compound|Complex|Housing|Scheme|Gaon|Wadi|Peta|Pet|Palya|Halli)\b"
)
UNIT = (
    r"(?:(?:[Aa]pt|[Aa]partment|Blok|[Uu]nit|[Ss]uite|Ste|[Ff]lat|[Rr]oom|[Rr]m|[Ff]loor|[Ll]evel|[Bb]lock|Blk|Bldg|[Bb]uilding|"
    r"[Hh]ouse|Hse|HSE|H/No|H\. ?No|[Pp]lot|[Dd]oor|[Vv]illa|[Ss]hop|[Tt]ower|[Ll]ot|[Ss]tand|[Ee]rf|Bât\.?|[Aa]ppt\.?|[Pp]iso|[Aa]pto\.?|Depto\.?|[Ii]nt\.?|Ap\.|Et\.?|"
    r"kv\.?|korp\.?|bld\.?|lok\.?|m\.|sc\.|bl\.|et\.|lgh|Top|Whg\.?|Hs\.?|Nr\.?|nº|n\.º|[Nn]o\.?|№)"
    rf"\.?:?{_S}?(?:[Nn]o\.?{_S}?)?#?(?=[A-Z]?-?\d|[A-Z]\b)[A-Z0-9][A-Za-z0-9/-]{{0,7}}|#{_S}?\d[\w-]{{0,6}}|\d{{1,2}}[ºª°](?:{_S}?[A-Z]\b|{_S}(?:izq|dcha|Esq|Dto)\.?)?|"
    rf"(?:Road|Sector|Phase|Block|Ward|Zone|Street|Lane|Gali|Cross|Main|Precinct|Estate|Extension|Section|Stage|Quarter|Kavling|Kav\.|Lote|Manzana|Mz\.|Lt\.|Lot|Cité|Résidence){_S}(?:No\.?{_S}?)?\d{{1,4}}[A-Za-z]?|(?:Sector|Phase|Block){_S}[A-Z]-\d{{1,2}}(?:/\d{{1,2}})?|\d{{1,2}}F\b|[A-Z]-\d{{1,2}}(?:/\d{{1,2}})?|\d{{1,3}}{_S}(?:korp|kv|str|lok|m)\.{_S}?\d{{1,3}}|"
    rf"(?:\d{{1,2}}|st)\.{_S}(?:tv|th|mf|sal)\.?|P\.?{_S}?O\.?{_S}?B(?:ox|OX|ag){_S}\d{{1,6}}|R\.?R\.?{_S}#?\d{{1,2}}(?:,?{_S}Box{_S}\d{{1,5}})?|\d{{1,2}}/F\b|Pall(?:ati|\.){_S}\d{{1,3}}|(?:BP|Postfach|Apartado|Casilla|CP|Private Bag){_S}\d{{1,6}})"
)
_PRE = rf"(?:{UNIT},?{_S}|(?:Unit|Flat|Apt|Shop|Villa){_S}(?=\d+/\d))?"
_STREETS = (
    # 221B Baker Street; 14 St. James's Sq; 350 5th Avenue; 12 N. Elm St; 1191 County Road 5
    rf"{_PRE}{_NO},?{_S}(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\.?{_S})?(?:(?:{_ORD}|{WORD}|of|the|and){_S}){{0,4}}?(?:{_ORD}|{WORD}){_S}(?:{_ENGLISH}|(?<![A-Z]{{2}} ){_RARE_ENGLISH})(?:{_S}(?:N|S|E|W|O|NE|NW|SE|SW|North|South|East|West|Upper|Lower|Extension|\d{{1,3}})\b\.?)?(?:{_S}{_ORD}{_S}(?:Cross|Main|Stage|Phase|Block|Lane|Floor))?(?:{_S}{WORD}(?={_S}?(?:,|\n|$)))?",
    # 34 The Paddocks; 1506 Kingsway; 37B Esplanade: where nothing else follows
    rf"{_PRE}{_NO},?{_S}(?:The{_S}(?!C[A-Z]O\b){WORD}|Esplanade|Broadway|Promenade|Strand|Embankment|Boardwalk|{CAPITAL}[^\W\d_]{{2,}}(?:way|gate|side|mount|croft|field|hurst|dene|leigh))(?![\w'’-])(?={_S}?(?:[,.;)\n]|$))",
    rf"Road{_S}(?:No\.?{_S}?)?\d{{1,3}}[A-Z]?,?{_S}{WORD}(?={_S}?(?:,|\n|$))",
    # 15/F Kam Wah Building; Kg Baru Lot 22; SQN 210 Bloco C ap 304
    rf"\d{{1,2}}/F,?{_S}(?:{WORD}{_S}){{1,4}}(?:Building|Bldg|Mansions?|Court|House|Centre|Center|Tower|Plaza|Estate)\b",
    rf"(?:Kg\.?|Kampung|Taman|Desa){_S}(?:{WORD}{_S}){{1,3}}(?:Lot|Blok|No\.?){_S}?\d{{1,4}}[A-Z]?\b",
    rf"(?:SQN|SQS|SHIN|SHIS|CLN|CLS|QI|QL|QN|QS|QE){_S}\d{{1,3}}(?:,?{_S}(?:Bloco|Bl\.?|Conjunto|Conj\.?|Casa|Lote){_S}\w{{1,3}})+(?:,?{_S}(?:ap|apto|apt)\.?{_S}\d{{1,4}})?",
    # Lot 4 Old Mill Road
    rf"(?:{UNIT},?{_S}){{1,3}}(?:{WORD}{_S}){{1,4}}(?:{_ENGLISH}|{_COLONIES})(?:{_S}\d{{1,3}}\b)?",
    # Baker Street 221B
    rf"(?:{WORD}{_S}){{1,3}}{_ENGLISH},?{_S}(?:No\.?{_S}?)?{_NO}\b(?!{_S}?(?:am|pm|:))",
    # Hauptstraße 5; Am Markt 3; Lange Gasse 12; Kungsgatan 4; Keizersgracht 174; Storgata 10
    rf"(?:(?:Alte|Neue|Große|Kleine|Lange|Obere|Untere|Hohe|Am|An|Im|In|Zum|Zur|Unter|Auf|Bei|"
    rf"der|den|dem|Van|van|de|het|Södra|Norra|Västra|Östra|Stora|Lilla|Store|Lille){_S}){{0,3}}{CAPITAL}[^\W\d_]*(?:[ -]{CAPITAL}[^\W\d_]+)*(?<=[^\W\d_])?"
    rf"(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|steig|markt|hof|berg|park|straat|laan|plein|gracht|kade|dijk|singel|steeg|dreef|"
    rf"gatan|vägen|gränd|torg|torget|stigen|backen|gången|gården|gade|gaden|vej|vejen|stræde|strædet|pladsen|allé|vænget|gata|gate|veien|vegen|vei|plass|stræti|vegur|braut|katu|tie|kuja|polku|tänav|puiestee|iela|gatvė|utca|út|tér|körút|ulice|ulica)"
    rf"{_S}(?:Nr\.?{_S}?)?{_NO}",
    rf"(?:Am|An der|Im|Zum|Zur|Unter den|Auf der|In der){_S}(?:{WORD}{_S}){{1,2}}\d{{1,4}}[a-z]?\b",
    rf"(?:{WORD}{_S}){{1,2}}(?:Straße|Strasse|Str\.|u\.|[Ww]eg|Platz|Allee|Gasse|Ring|Damm|Ufer|Markt|Straat|Laan|Plein|Gracht|Kade|Dreef|Dijk|Singel|Baan|Lei|Steenweg|Vest|utca|út|tér|körút|[Kk]atu|Gatan|Gata|Gate|vägen|gatan|tänav|gatvė|iela|náměstí|třída|trg){_S}{_NO}",
    # Karl Johans gate 11; Szent István körút 12. II/4; Gedimino pr. 45-7; Vodičkova 704/36
    rf"(?:{WORD}{_S}){{1,3}}(?:gate|gata|gade|vei|veg|veien|vegen|plass|plads|torg|allé|utca|út|útja|tér|tere|körút|sétány|katu|tie|iela|gatvė|tn\.?|prospektas|pr\.|g\.|al\.|bulvaras|bulvāris|tänav|mnt|puiestee|sokak|sok\.|cad\.|cd\.|rruga|ulica|ul\.|cesta|trg|nábřeží|náměstí|nám\.|třída|ulice){_S}{_NO}(?:\.(?:{_S}[IVX]+/\d{{1,3}})?)?",
    rf"{CAPITAL}[^\W\d_a-z]*[^\W\d_]{{4,}}{_S}\d{{1,4}}/\d{{1,3}}[a-z]?(?![\d/.])",
    rf"[A-Z]{{2}}{_S}\d{{1,3}}{_S}(?:Ave|St|Rd){_S}\d{{1,4}}",
    # 14 bis rue de Rivoli, 8, avenue Foch
    rf"{_NO}(?:{_S}(?:[Bb]is|[Tt]er|BIS|TER))?,?{_S}(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Pp]lace|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Qq]uai|[Cc]ours|[Rr]oute|[Ss]quare|[Pp]assage|[Vv]illa|[Bb]óthar|[Ss]ráid){_S}(?:(?:des|de|du|les|la|le|na|l['’]|d['’]|{WORD}){_S}?){{1,6}}",
    # Calle de Alcalá, 42; Via Roma 12; Rua Augusta 100; Av. Paulista, 1578
    rf"(?:via|viale|piazza|corso|largo|vicolo|str\.|bd\.|șos\.|calle|avenida|plaza|paseo|carrera|rua|travessa|praça|Calle|C/|Cl\.|Avenida|Avda\.?|Av\.?|Pasaje|Psje\.?|Diagonal|Transversal|Callejón|Privada|Calzada|Autopista|Bulevar|Costanera|Plaza|Pza\.?|Paseo|Pº|Carrera|Cra\.?|Camino|Ronda|Travesía|Via|Viale|V\.le|Piazza|P\.za|Corso|Largo|Vicolo|Strada|Rua|R\.|Travessa|Praça|Alameda|Estrada|Rodovia|Priv\.|Jr\.|Jirón|"
    rf"Jalan|Jl\.?|Jln\.?|Lorong|Gang|Ulica|ul\.|al\.|pl\.|os\.|Ulitsa|[Uu]l|Prospekt|pr\.|per\.|vul\.|prosp\.|Strada|Str\.|"
    rf"Bulevardul|Bd\.|bul\.|Calea|Odos|Leoforos|Leof\.|Agiou|Agias|Agion|Intrarea|Șoseaua|Sos\.|Piața|Splaiul|třída|náměstí|nám\.|nábřeží|ulice|Carrer|Rambla|Gran Vía|Rue|Avenue|Sokak|Kucheh|Koocheh|Khiaban|Kh\.|Rehov|Rechov|Sharia|"
    rf"Boulevard|Shari[a']?|Thanon|Đường|Phố){_S}?"
    rf"(?:(?:della|delle|dei|cel|lui|du|des|les|del|de|di|das|da|dos|do|las|los|la|el|al|y|e|i|(?:dell|nell|all|dall|d|l)['’]{WORD}|{WORD}|\d{{1,2}}(?!\d|[ºª])){_S}?){{1,6}},?{_S}?(?:[Nn]\.?[ºo°]?\.?:?{_S}?|[Nn]r\.?{_S}?|[Nn]um\.{_S}?|No\.?{_S}?|#{_S}?|n[úu]m\.?{_S}?|d\.{_S}?)?\d{{1,5}}(?![ºª\d])(?:[ -]?[A-Za-z]\b)?(?:{_S}?[/x-]{_S}?\d{{1,4}}[A-Za-z]?)*(?:/[A-Z]\b)?",
    # Cité Keur Gorgui lot 12; Taman Pelangi 7; Urb. Los Pinos 14
    rf"(?:Cité|Résidence|Quartier|Lotissement|Colonia|Col\.|Urb\.|Urbanización|Barrio|Residencial|Taman|Kampung|Kg\.|Komplek|Perumahan|Purok|Sitio|Trg|Rruga|Bulevar|Bulevardi|Náměstí|nám\.|Nám\.|Nábřeží|Na|Pod|Nad|Za|U|Plac|Pl\.|Rynek|Aleja|Osiedle|Os\.|Zaułek|Ploshcha|Ploshchad|Pereulok|Moo|Tambon){_S}(?:{WORD}{_S}){{1,3}}(?:lot|lote|[Nn]o\.?|nº|n°|blk\.?)?{_S}?{_NO}",
    rf"(?:Street|House){_S}(?:No\.?{_S}?)?\d{{1,4}},?{_S}Sector{_S}[A-Z]-?\d{{1,2}}(?:/\d{{1,2}})?",
    rf"(?:Plot|Lot|House|H\.?{_S}?No\.?|Flat|Block){_S}(?:No\.?{_S}?)?[A-Z]?-?\d{{1,4}}[A-Z]?,?{_S}(?:Sector|Phase|Block|Street|Road|Stage){_S}(?:No\.?{_S}?)?[A-Z]?-?\d{{1,3}}",
    # Dlouhá 18; Graaf van Vlaanderenplein 19; 40 Honmachi 3-chome
    rf"{CAPITAL}[^\W\d_]{{2,}}[áíý]{_S}\d{{1,4}}(?:/\d{{1,4}})?[a-z]?(?![\d/.:])",
    rf"{WORD}{_S}(?:van|de|der|den|van{_S}de|van{_S}der|van{_S}den){_S}{CAPITAL}[^\W\d_]+(?:straat|laan|plein|gracht|kade|dijk|singel|steeg|dreef|weg|lei|markt){_S}{_NO}",
    rf"\d{{1,4}},?{_S}{WORD}{_S}\d{{1,2}}-[Cc]home",
    # 14 Rehov Herzl; 27 Sharia Talaat Harb
    rf"{_NO},?{_S}(?:Rehov|Rechov|Sderot|Sharia|Shari['’]?a?|Odos|Ulitsa|Ulica|Jalan|Jl\.?|Via|Calle|Rua|Strada|Bulevar|Prospekt|Prospect|Trg|Rruga|Sokak|Khiaban|Kucheh|Thanon|Bóthar|Sráid|Rampa|Cesta|Kneza|Kralja){_S}(?:(?:{_SMALL}|{WORD}){_S}?){{1,4}}",
    rf"\d{{1,4}}(?:/\d{{1,4}})?{_S}Moo{_S}\d{{1,2}}",
    # Štúrova 61; Ulica kralja Tomislava 47; Trg bana Jelačića 51; H.C. Andersens Vej 61
    rf"{CAPITAL}[^\W\d_]{{2,}}(?:ova|ská|cká|ina|ska|čka|ška){_S}\d{{1,4}}(?:/\d{{1,4}})?[a-z]?(?![\d/.:])",
    rf"(?:Ulica|ulica|ul\.|Trg|trg|Obala|obala|Cesta|cesta|Šetalište|Avenija|Bulevar|Put|Nábřeží|Náměstí){_S}(?:[^\W\d_]+\.?{_S}){{1,3}}{_NO}",
    rf"(?:(?:{CAPITAL}\.){{1,3}}{_S})?(?:{WORD}{_S}){{1,2}}(?:Vej|Gade|Allé|Plads|Torv|Gate|Vei|Plass|Veg){_S}{_NO}",
    # 57 Sector 14; House 27 Jinnah Colony; 96 Lal Bahadur Colony; 13 Taman Melati; 71 Ard na Mara
    rf"(?:(?:House|Plot|Flat){_S})?\d{{1,4}}(?:/\d{{1,3}})?[A-Z]?,?{_S}(?:Sector|Phase|Block){_S}\d{{1,3}}[A-Z]?\b",
    rf"(?:(?:House|Plot|Flat|Door|H\.?{_S}?No\.?){_S}(?:No\.?{_S})?)?\d{{1,4}}[A-Z]?,?{_S}(?:{WORD}{_S}){{1,3}}(?:Colony|Enclave|Nagar|Vihar|Layout|Township|Cantt|Housing Society|Housing Scheme)\b",
    rf"(?:House|Plot|H\.?{_S}?No\.?){_S}(?:No\.?{_S})?\d{{1,4}}[A-Z]?,?{_S}(?:{WORD}{_S}){{1,3}}(?:Town|City|Gardens?|Villas?|Avenue|Street|Road)\b",
    rf"(?:No\.?{_S}?)?\d{{1,4}}[A-Z]?,?{_S}(?:Taman|Kampung|Kg\.?|Lorong|Jalan|Jln\.?|Persiaran|Lebuh|Desa|Bandar|Solok|Bukit){_S}(?:{WORD}{_S}?){{1,3}}(?:\d{{1,3}}(?:/\d{{1,3}}[A-Z]?)?\b)?",
    rf"\d{{1,4}},?{_S}(?:Ard|Cois|Páirc|Pairc|Cluain|Clós|Gleann|Cnoc|Radharc|Cúirt|Tuar|Droim|Lios|Móin|Baile){_S}(?:(?:na|an|{WORD})(?:{_S}|\b)){{1,3}}",
    rf"\d{{1,4}},?{_S}(?:Brgy\.?|Bgy\.?|Barangay|Purok|Sitio){_S}(?:{WORD}(?:{_S}|\b)){{1,3}}",
    # Blk 20 Toa Payoh Lor 4 #11-45; No. 81 Building 6 Lotus Garden
    rf"(?:Blk|Block|BLK){_S}\d{{1,4}}[A-Za-z]?,?{_S}(?:{WORD}{_S}?){{1,4}}(?:\d{{1,3}}\b)?(?:,?{_S}?#\d{{1,3}}-\d{{1,5}})?",
    rf"No\.?{_S}?\d{{1,5}},?{_S}(?:Building|Block|Tower){_S}\d{{1,3}},?{_S}(?:{WORD}{_S}?){{1,3}}",
    rf"\d{{1,5}},?{_S}(?:Unit|Flat|Apt|Suite){_S}\d{{1,4}}[A-Z]?,?{_S}(?:{WORD}{_S}){{1,3}}{_ENGLISH}",
    # Calle 12 Sur # 30-71; Transversal 9 # 81-32; Carrera 7 No. 12-45
    rf"(?:Calle|Carrera|Cra\.?|Cl\.?|Kr\.?|Cr\.?|Diagonal|Diag\.?|Dg\.?|Transversal|Transv\.?|Tv\.?|Avenida|Av\.?|Circular){_S}\d{{1,3}}{_S}?[A-Z]?(?:{_S}?[Bb]is)?(?:{_S}(?:Sur|Norte|Este|Oeste))?{_S}?(?:#|No\.?|N°|Nro\.?){_S}?\d{{1,3}}{_S}?[A-Z]?(?:{_S}?-{_S}?\d{{1,3}})",
    rf"(?:Số|So){_S}\d{{1,4}}(?:/\d{{1,4}})?,?{_S}(?:(?:ngõ|ngách|hẻm|đường|phố|ngo|hem|duong|pho){_S}(?:\d{{1,4}}|{WORD}(?:{_S}{WORD}){{0,2}}),?{_S}?){{1,3}}",
    # Atatürk Caddesi No: 12, Bağdat Cad. 5/3
    rf"(?:{WORD}{_S}){{1,3}}(?:Caddesi|Cad\.|Cd\.|Sokak|Sokağı|Sok\.|Sk\.|Mahallesi|Mah\.|Bulvarı|Blv\.),?(?:{_S}(?:{WORD}{_S}){{0,2}}(?:Caddesi|Cad\.|Sokak|Sok\.|Sk\.))?{_S}?(?:No\.?:?{_S}?)?\d{{1,4}}(?:/\d+)?",
    # 1-2-3 Shibuya; 3 Chome-5-1 Nishishinjuku
    rf"\d{{1,3}}(?:-[Cc]home)?-\d{{1,3}}(?:-\d{{1,3}})?,?{_S}{WORD}(?:-(?:ku|shi|cho|machi|dori))?",
    rf"{WORD}{_S}\d{{1,2}}-(?:chome{_S}?-?)?\d{{1,3}}-\d{{1,3}}\b",
    # 25, Teheran-ro; 123 Sejong-daero; No. 88 Nanjing West Road; Flat 12B, Sector 21
    rf"\d{{1,5}}[a-z]?(?:-\d{{1,3}})?,?{_S}{WORD}(?:-ro|-gil|-daero|-dong)(?:{_S}\d{{1,3}}-gil)?\b",
    rf"{WORD}(?:-ro|-gil|-daero|-dong)(?:{_S}\d{{1,3}}-gil)?{_S}\d{{1,4}}(?:-\d{{1,3}})?\b",
    rf"No\.?{_S}?\d{{1,5}},?{_S}(?:(?:{WORD}|{_ORD}){_S}){{1,4}}{_ENGLISH}",
    rf"[A-Z]-?\d{{1,4}},{_S}(?:Sector|Block|Phase){_S}\d{{1,3}}",
    rf"\d{{1,4}}(?:/\d{{1,4}})?{_S}(?:Moo{_S}\d+,?{_S})?(?:(?:{WORD}|\d{{1,3}}){_S})?(?:Soi|Thanon|Jalan|Lorong|Đường|Phố|Ngõ|Hẻm|Duong|Pho){_S}(?:(?:{WORD}|\d{{1,3}}){_S}?){{1,3}}",
)
# A street without its number, in one piece.
_NAMED = (
    rf"(?:\d{{1,2}}\.?{_S})?(?:{WORD}{_S}){{1,3}}{_SURE_ENGLISH}",
    rf"(?:Calle|C/|Avenida|Avda\.?|Av\.|Plaza|Paseo|Carrera|Camino|Via|Viale|Piazza|Corso|Strada|Rua|Travessa|Praça|Alameda|Jalan|Jl\.?|Ulica|ul\.|Ulitsa|Prospekt|vul\.|Bulevardul|bul\.|Calea|Carrer|Rambla|[Rr]ue|avenue|boulevard|chemin|allée|place|quai|impasse|Koocheh|Khiaban|Kh\.|Rehov|Sharia|Thanon|Đường|Phố|Bóthar|Sráid|Rruga|Rr\.|Nám\.|Náměstí|Y){_S}(?:(?:{_SMALL}|{WORD}){_S}?){{1,4}}",
    rf"{CAPITAL}[^\W\d_]+['’]s{_S}(?:Hill|Way|Green|Gardens|Grove|Row|Walk|Quay|Rise|Gate|Place|Court|Well|Cross)",
    rf"{CAPITAL}[^\W\d_]+(?:straße|strasse|gatan|vägen|gade|vej|gata|veien|straat|laan|gracht|stræti|katu|tänav|utca)",
    rf"(?:The|An){_S}(?:{WORD}{_S}){{0,2}}(?:Rectory|Cottage|House|Lodge|Farm|Barn|Vicarage|Manor|Mill|Forge|Croft|Villa)",
    rf"(?:{WORD}{_S}){{1,2}}(?:Cottage|Lodge|Farm|Estate|Residency|Apartments|Towers|Heights|Cross|Extension|Colony|Enclave|Layout|Street|Road)",
    rf"(?:{WORD}{_S}){{1,3}}(?:Caddesi|Cad\.|Sokak|Sok\.|Mahallesi|Mah\.|Bulvarı)",
    rf"(?:Cité|Résidence|Quartier|Lotissement|Hameau|Lieu-dit|Colonia|Col\.|Urb\.|Barrio|Bairro|Jardim|Vila|Setor|Taman|Kampung|Kg\.|Komplek|Perumahan|Barangay|Brgy\.?|Purok|Sitio|Tambon|Amphoe|Khwaeng|Khet|Desa|Kelurahan|Kecamatan|Kab\.|Mohalla|Gali|Thana|Upazila|Taluk|Tehsil|Heol|Ffordd|Stryd|Lôn){_S}(?:(?:{_SMALL}|{WORD}){_S}?){{1,4}}",
)
# A door behind the number of a house: m. 6, kv. 31, as. 4, 2º B, Apt 3B.
_DOOR = rf"(?:,?{_S}(?:(?:[Aa]pt|[Uu]nit|[Ss]uite|[Ss]te|[Ff]lat|[Rr]oom|[Rr]m|[Ff]loor)\.?{_S}#?(?:\d{{1,4}}[A-Za-z]?|[A-Z]-?\d{{0,4}})\b|#{_S}?[A-Z]?\d{{1,4}}[A-Za-z]?(?:-\d{{1,5}})?\b|\d{{1,2}}[ºª°](?:{_S}?[A-Z]\b)?|(?:m|kv|lok|as|app?|apt|int|bl|sc|esc|et|em|fsz|dv|wej)\.{_S}?\d{{1,4}}[A-Za-z]?|hs)\b|-(?:hs|bis|I{{1,3}}|IV)\b|\.{_S}[IVX]+/\d{{1,3}})?"
STRONG_CODE = (
    r"(?:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? ?\d[A-Z]{2}|"  # United Kingdom
    r"[A-Z]\d[\dW] ?(?=[A-Z\d]{0,3}[A-Z])[A-Z\d]{4}|"  # Ireland
    r"[A-CEGHJ-NPR-TVXY]\d[A-Z][ -]?\d[A-Z]\d|"  # Canada
    r"\d{4} ?[A-Z]{2}|\d{2}-\d{3}|\d{4}-\d{3}|\d{5}-\d{3,4}|〒?\d{3}-\d{4})(?![\w-])"
)
STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|"
    r"AB|BC|MB|NB|NL|NS|NT|NU|ON|PE|QC|SK|YT|NSW|VIC|QLD|SA|TAS|ACT|NT|PR|GU)"
)
STATE_CODE = (
    rf"(?:{STATE},?{_S}(?:\d{{5}}(?:-\d{{4}})?|[A-Z]\d[A-Z][ -]?\d[A-Z]\d)|"
    rf"(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT),?{_S}\d{{4}})(?![\w-])"
)
CODE = rf"(?:{STRONG_CODE}|(?:[A-Z]{{1,3}}-)?\d{{3,6}}|\d{{3}} \d{{2,3}}|[A-Z]\d{{4}}(?:[A-Z]{{3}})?|〒?\d{{3}}-\d{{4}})(?![\w-])"
PLACE = rf"(?:(?:{WORD}|{_SMALL}){_S}){{0,4}}{WORD}(?!\w)"


@functools.cache
def streets() -> re.Pattern[str]:
    """A street with its number, anywhere in a text."""
    return re.compile("|".join(rf"(?:(?<![\w./-]){form}{_DOOR})" for form in _STREETS))


@functools.cache
def named_streets() -> re.Pattern[str]:
    """A street without a number; for a piece of a text as a whole."""
    return re.compile("|".join(rf"(?:{form})" for form in _NAMED))
