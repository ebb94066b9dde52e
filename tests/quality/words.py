"""Names, places and things that the labelled mails are filled with: common Japanese words and made-up
addresses under the reserved domains. Nothing here is shared with the rules.
"""

SURNAMES = [pair.split() for pair in """\
佐藤 サトウ sato|鈴木 スズキ suzuki|高橋 タカハシ takahashi|田中 タナカ tanaka|渡辺 ワタナベ watanabe|伊藤 イトウ ito
中村 ナカムラ nakamura|小林 コバヤシ kobayashi|山本 ヤマモト yamamoto|加藤 カトウ kato|吉田 ヨシダ yoshida|山田 ヤマダ yamada
佐々木 ササキ sasaki|山口 ヤマグチ yamaguchi|松本 マツモト matsumoto|井上 イノウエ inoue|木村 キムラ kimura|清水 シミズ shimizu
林 ハヤシ hayashi|斎藤 サイトウ saito|山崎 ヤマザキ yamazaki|森 モリ mori|阿部 アベ abe|池田 イケダ ikeda|橋本 ハシモト hashimoto
石川 イシカワ ishikawa|前田 マエダ maeda|藤田 フジタ fujita|後藤 ゴトウ goto|長谷川 ハセガワ hasegawa|村上 ムラカミ murakami
近藤 コンドウ kondo|石井 イシイ ishii|坂本 サカモト sakamoto|遠藤 エンドウ endo|青木 アオキ aoki|西村 ニシムラ nishimura
福田 フクダ fukuda|太田 オオタ ota|三浦 ミウラ miura|岡本 オカモト okamoto|藤原 フジワラ fujiwara|表 オモテ omote|十河 ソゴウ sogo
能登 ノト noto|構井 カマイ kamai""".replace("\n", "|").split("|")]

GIVEN = [pair.split() for pair in """\
太郎 タロウ taro|花子 ハナコ hanako|健一 ケンイチ kenichi|美咲 ミサキ misaki|翔太 ショウタ shota|由美子 ユミコ yumiko
大輔 ダイスケ daisuke|恵 メグミ megumi|拓也 タクヤ takuya|陽子 ヨウコ yoko|直樹 ナオキ naoki|真理子 マリコ mariko|誠 マコト makoto
裕子 ユウコ yuko|浩二 コウジ koji|愛 アイ ai|隆 タカシ takashi|久美子 クミコ kumiko|修 オサム osamu|さくら サクラ sakura|学 マナブ manabu
結衣 ユイ yui|蓮 レン ren|ひろみ ヒロミ hiromi|智子 トモコ tomoko""".replace("\n", "|").split("|")]

SENDER = "example.jp"
DOMAINS = """example.jp example.co.jp example.com example.ne.jp example.org mail.example.jp sub.example.com
example.net ml.example.ne.jp kaisha.example.co.jp""".split()
COMPANIES = """株式会社サンプル商事 例示工業株式会社 有限会社みほん堂 テスト電機株式会社 合同会社ひながた (株)架空システム
仮名建設株式会社 一般社団法人例示協会 株式会社ニセモノ製作所""".split()
DEPTS = "営業部 総務部 情報システム課 経理課 第二開発室 人事部 カスタマーサポート係 企画グループ 品質保証部 購買課".split()
ITEMS = """ボールペン(黒) A4コピー用紙500枚 ワイヤレスマウス 有機緑茶100g 折りたたみ傘 USBケーブル1m 特選みかん5kg ノートPC用スタンド
除菌シート 防災セットA 木製スツール 抗菌まな板 電球形LEDランプ キーボードカバー ステンレス水筒""".split()
PREFECTURES = ["東京都千代田区架空町", "大阪府大阪市例示区", "北海道札幌市見本区北", "神奈川県横浜市仮名区",
               "福岡県福岡市試験区", "京都府京都市雛形区", "沖縄県那覇市見本町"]
BANKS = "みほん銀行 例示信用金庫 かくう銀行 東西銀行 ひながた信託銀行 ゆめ銀行".split()
BRANCHES = "本店営業部 駅前 中央 北口 港町 丘の上 第二 表町".split()
AUTOREPLIES = ["", "", "ただ今休暇中です。", "出張のため返信が遅れます", "不在です。急ぎは電話で。", "お返事は来週になります。"]
PLACES = "渋谷 梅田 札幌駅 本社3階会議室 名古屋 博多 オンライン".split()

# Plain words: project and host names, and the beginnings of weak passwords.
WORDS = """hikari kaede tsubame minato asahi kodama nozomi sazanami akatsuki hayate komachi tokiwa wakaba
yamabiko azusa hakuto inaho kagayaki momiji suzume tanuki kitsune umi sora hoshi""".split()
PETS = "pochi tama kuro shiro mikan momo hanabi sushi ramen tofu wasabi neko inu panda tulip lemon coffee soccer guitar".split()

# What stands around attachments and lists: the small talk of business and private mail.
OPENINGS = ["いつもお世話になっております。", "お疲れさまです。", "お世話になります。", "ご無沙汰しております。",
            "おはようございます。", "ご連絡ありがとうございます。", "突然のご連絡失礼いたします。", "こんにちは。", ""]
COVERS = ["添付のとおりお送りします。ご確認をお願いします。", "先日お話しした資料を送ります。", "取り急ぎお送りいたします。",
          "添付ファイルをご査収ください。", "ご依頼の件、ファイルを添付しました。", "例のファイルです。よろしく。",
          "詳細は添付をご覧ください。", "修正版を送ります。前回のものは破棄してください。"]
CLOSINGS = ["よろしくお願いいたします。", "以上、よろしくお願いします。", "ご不明な点がございましたらお知らせください。",
            "では、また。", "ご検討のほどよろしくお願い申し上げます。", "お手数をおかけしますがよろしくお願いします。", ""]
SMALLTALK = ["来週の会議は水曜日に変更になりました。", "資料の部数は25部でお願いします。", "先日は遠いところお越しいただきありがとうございました。",
             "駅から徒歩8分ほどです。", "今年は桜が早いそうですね。", "納期は10営業日を予定しております。", "請求書は月末に郵送いたします。",
             "次回は第3会議室です。", "電車が20分ほど遅れています。", "お土産、みんなで美味しくいただきました。", "議事録は明日中に共有します。"]
