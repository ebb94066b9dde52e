"""Names, places and things of the unseen kinds: none of them stands in words.py or in the rules.

Addresses are under the reserved names of RFC 2606 and of JPRS.
"""

SURNAMES = [entry.split() for entry in """\
野崎 ノザキ nozaki|堀内 ホリウチ horiuchi|久保田 クボタ kubota|杉浦 スギウラ sugiura|望月 モチヅキ mochizuki
小泉 コイズミ koizumi|菅原 スガワラ sugawara|川端 カワバタ kawabata|丹羽 ニワ niwa|大塚 オオツカ otsuka|榊 サカキ sakaki
栗田 クリタ kurita|浜口 ハマグチ hamaguchi|宮下 ミヤシタ miyashita|島袋 シマブクロ shimabukuro|土井 ドイ doi
相馬 ソウマ soma|梅津 ウメヅ umezu|真壁 マカベ makabe|内海 ウツミ utsumi|笹川 ササガワ sasagawa|柳沢 ヤナギサワ yanagisawa
的場 マトバ matoba|日下部 クサカベ kusakabe|安西 アンザイ anzai|古賀 コガ koga|五十嵐 イガラシ igarashi|牧 マキ maki
関口 セキグチ sekiguchi|塩谷 シオヤ shioya""".replace("\n", "|").split("|")]

GIVEN = [entry.split() for entry in """\
一郎 イチロウ ichiro|春菜 ハルナ haruna|悠人 ユウト yuto|千尋 チヒロ chihiro|和夫 カズオ kazuo|節子 セツコ setsuko
雄介 ユウスケ yusuke|彩 アヤ aya|剛 ツヨシ tsuyoshi|美穂 ミホ miho|亮 リョウ ryo|紀子 ノリコ noriko|俊彦 トシヒコ toshihiko
萌 モエ moe|哲也 テツヤ tetsuya|菜々子 ナナコ nanako|晃 アキラ akira|典子 ノリコ noriko|智也 トモヤ tomoya|すみれ スミレ sumire
正樹 マサキ masaki|桃子 モモコ momoko|賢治 ケンジ kenji|弥生 ヤヨイ yayoi|Wei ウェイ wei""".replace("\n", "|").split("|")]

SENDER = "post.example.ne.jp"
DOMAINS = """campus.example.ac.jp kitaoka.example seiryo.example.ed.jp town.example.lg.jp shop.example.or.jp umikaze.example
ginrei.example pop3.example.ne.jp hamano-g.example.co.jp lab.example.ac.jp tsukumo.example tech.example.com""".split()
COMPANIES = """株式会社北岡精機 青嶺運輸株式会社 (有)浜野グループ 医療法人社団ひなた会 学校法人青陵学園 月雲デザイン合同会社
海風トラベル株式会社 九十九電算(株) 大和台商工会 株式会社ぎんれい印刷""".split()
DEPTS = "情報基盤センター 管理本部 生産技術課 教務係 EC事業部 海外営業二課 病院事務室 Web制作チーム 法務室 ヘルプデスク 会計グループ".split()
ITEMS = """レトルトカレー中辛 デスクライト 水性ペン8色 加湿器フィルター 厚手バスタオル 梅干し1kg 自転車用空気入れ LANケーブル5m(青)
保存容器セット 登山靴26.5cm 単4電池12本 コーヒー豆200g 書類トレー 目覚まし時計 ねじ込みプラグ1/2""".split()
PREFECTURES = ["長野県松本市みどり台", "兵庫県神戸市港見区", "宮城県仙台市杜区", "広島県広島市川べり町", "新潟県長岡市雪野", "愛知県一宮市織田町"]
BANKS = "青嶺銀行 つくも信用組合 港見銀行 ひなた労働金庫 北斗ネット銀行".split()
BRANCHES = "大通 新町 湊 東口 城下 西野 市役所前 桜台".split()
AUTOREPLIES = ["", "研修のため不在です", "月曜に折り返します"]
PLACES = "松本 三宮 仙台 広島駅前 長岡 一宮 金沢 高松 別館2階".split()

# The beginnings of host names and of the passwords that people make.
WORDS = """himawari tsukimi kawasemi yukino harukaze suiren tanpopo ayame kikyo botan shirakaba momonga konpeito
hibari asagao karasu shigure oboro madoka yamane""".split()
PETS = "hachi leo coco maron hana choco fuku sasuke yuzu ponta mugi riku umeboshi dango anpan onigiri kappa mochi keiba yakyu".split()

OPENINGS = ["平素より大変お世話になっております。", "いつもありがとうございます。", "各位", "お疲れ様です。先ほどの件です。", "取り急ぎ用件のみにて失礼します。",
            "ご返信ありがとうございました。", "初めてメールいたします。", "毎々お世話になっております。", ""]
COVERS = ["ファイルを1点添付いたします。", "ご要望のあったデータを抽出しましたので添付します。", "前任者から預かったファイルです。",
          "エクスポートしたものをそのまま付けます。", "文字化けしていたら教えてください。", "古い資料ですがご参考まで。", "念のためもう一度お送りします。"]
CLOSINGS = ["以上です。", "引き続きよろしくお願いいたします。", "お忙しいところ恐縮ですが、ご対応お願いいたします。", "何かありましたら内線までどうぞ。",
            "ご査収のほどお願い申し上げます。", "それではまた来週。", ""]
SMALLTALK = ["サーバ室の空調点検は金曜の午後です。", "新しい複合機は来月の納品だそうです。", "先週は雪で二度も足止めされました。",
             "稟議は部長まで回っています。", "打ち上げの会費は三千五百円で集めます。", "資料の3ページ目だけ差し替えてください。",
             "年度末の棚卸しは例年どおり行います。", "健診の結果は本人あてに届きます。", "駐車場は裏門側が空いています。"]
