/**
 * A 5x7 bitmap font with two rows for descenders: printable ASCII, drawn for this project.
 * A glyph is 9 characters, one a row from the top; each is 5 pixels in base 32, the leftmost pixel worth 16.
 * "A" is ehhvhhh00: 01110, 10001, 10001, 11111, 10001, 10001, 10001, and two empty rows.
 */

/** Pixels from one character to the next, and of one line, both with their gap, at scale 1. */
export const CELL = { width: 6, height: 9 };

const FIRST = 32;
const GLYPHS = (
  "000000000 444440400 aaa000000 aavavaa00 4fke5u400 op248j300 cik8lid00 444000000 " + //    ! " # $ % & '
  "248884200 842224800 04lel4000 044v44000 00000cc48 000e00000 00000cc00 11248gg00 " + //  ( ) * + , - . /
  "ehjlphe00 4c4444e00 eh1248v00 eh161he00 26aiv2200 vgu11he00 68guhhe00 v12488800 " + //  0 1 2 3 4 5 6 7
  "ehhehhe00 ehhf12c00 00cc0cc00 00cc0cc48 248g84200 00v0v0000 842124800 eh1240400 " + //  8 9 : ; < = > ?
  "ehnlnge00 ehhvhhh00 uhhuhhu00 ehggghe00 uhhhhhu00 vgguggv00 vgguggg00 ehgnhhf00 " + //  @ A B C D E F G
  "hhhvhhh00 e44444e00 72222ic00 hikokih00 ggggggv00 hrllhhh00 hhpljhh00 ehhhhhe00 " + //  H I J K L M N O
  "uhhuggg00 ehhhlid00 uhhukih00 fgge11u00 v44444400 hhhhhhe00 hhhhha400 hhhllla00 " + //  P Q R S T U V W
  "hha4ahh00 hhha44400 v1248gv00 e88888e00 gg8421100 e22222e00 4ah000000 0000000v0 " + //  X Y Z [ \ ] ^ _
  "840000000 00e1fhf00 ggmphhu00 00egghe00 11djhhf00 00ehvge00 698s88800 00fhhhf1e " + //  ` a b c d e f g
  "ggmphhh00 40c444e00 2062222ic ggikoki00 c44444e00 00qllll00 00mphhh00 00ehhhe00 " + //  h i j k l m n o
  "00uhhhugg 00fhhhf11 00mpggg00 00fge1u00 88s889600 00hhhjd00 00hhha400 00hhlla00 " + //  p q r s t u v w
  "00ha4ah00 00hhhhf1e 00v248v00 244844200 444444400 844244800 008l20000"
) //              x y z { | } ~
  .split(" ");

/** Signs that figures use and ASCII lacks, spelled in ASCII. */
const SPELLED: Record<string, string> = {
  ε: "eps",
  σ: "sigma",
  λ: "lambda",
  μ: "mu",
  "×": "x",
  "±": "+-",
  "→": "->",
  "–": "-",
  "−": "-",
  "·": "-",
  "…": "...",
  "≤": "<=",
  "≥": ">=",
  ß: "ss",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "∞": "inf",
};

/** The text as this font can draw it: known signs spelled out, accents dropped, any other sign as "?". */
export function toAscii(text: string): string {
  const spelled = [...text.normalize("NFD").replace(/\p{M}/gu, "")].map((sign) => SPELLED[sign] ?? sign);
  return spelled.join("").replace(/[^\x20-\x7e]/gu, "?");
}

/** Width of a text in pixels at scale 1, without the gap after its last character. */
export function textWidth(text: string): number {
  return Math.max(0, toAscii(text).length * CELL.width - 1);
}

/** Calls `dot(x, y)` for every set pixel of the text at scale 1, from its upper left corner. */
export function drawText(text: string, dot: (x: number, y: number) => void): void {
  [...toAscii(text)].forEach((sign, i) => {
    const rows = GLYPHS[sign.charCodeAt(0) - FIRST]!;
    for (let y = 0; y < rows.length; y++) {
      const bits = parseInt(rows[y]!, 32);
      for (let x = 0; x < 5; x++) if (bits & (16 >> x)) dot(i * CELL.width + x, y);
    }
  });
}
