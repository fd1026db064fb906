# Не дұрыс болмады: кодтар бойынша тақырып пен түсініктеме; қате өрістердің сөйлемдері.

problem-bad_request = Сұрау түсініксіз
    .detail = Мекенжай мен жіберілген деректерді тексеріп, қайталап көріңіз.
problem-not_json = Сұрау денесі JSON емес
    .detail = UTF-8 кодтауындағы JSON мәтінін жіберіңіз.
problem-unauthenticated = Алдымен кіріңіз
    .detail = Бұл үшін жүйеге кіру немесе жарамды қолжетімділік токені қажет.
problem-sign_in_failed = Кіру сәтсіз аяқталды
    .detail = Электрондық пошта мен құпиясөз сәйкес келмейді. Екеуін де тексеріңіз немесе жаңа құпиясөз қойыңыз.
problem-forbidden = Бұған құқығыңыз жоқ
    .detail = Рөліңіз бұған рұқсат бермейді. Олай емес деп ойласаңыз, ұйымыңыздың жетекшісіне хабарласыңыз.
problem-forged_form = Бұл нысан ескірген
    .detail = Ол осы браузер бізден алған беттен жіберілмеген немесе тым бұрын алынған. Ештеңе өзгерген жоқ. Артқа қайтып, бетті жаңартып, қайта жіберіңіз.
problem-not_found = Бет табылмады
    .detail = Бұл мекенжайда ештеңе жоқ немесе ол сізге арналмаған. Мекенжайды тексеріңіз.
problem-method_not_allowed = Бұл мекенжай басқаша қолданылады
    .detail = Рұқсат етілген әдістер Allow тақырыбында көрсетілген.
problem-not_acceptable = Қолайлы жауап түрі жоқ
    .detail = Сұрау қабылдайтын түрде жауап беру мүмкін емес.
problem-request_timeout = Сұрау тым ұзаққа созылды
    .detail = Ол уақытында жетпеді. Қайта жіберіңіз.
problem-action_not_allowed = Бұл күйде мүмкін емес
    .detail = Өтінімнің күйі мұндай қадамды көздемейді. Қазір не істеуге болатыны өтінімде көрсетілген.
problem-claimed_by_another = Іс басқа қызметкерде
    .detail = Оны басқа қызметкер алған. Жетекші істі сізге бере алады.
problem-blocking_finding = Ескертпе кедергі болып тұр
    .detail = Алдымен осы кезеңнің бөгейтін ескертпелерін шешіңіз.
problem-batch_full = Орын қалмады
    .detail = Партия немесе оның лимиті толды, кезек тізімі жүргізілмейді.
problem-batch_not_open = Партия қазір өтінім қабылдамайды
    .detail = Қабылдау мерзімін партияның күндерінен қараңыз.
problem-batch_state = Бұл партия үшін қазір мүмкін емес
    .detail = Партияның күйі бұған жол бермейді.
problem-capacity_below_use = Орын пайдаланылғаннан аз
    .detail = Жаңа сан сақталған және алынған орындардан аз.
problem-ballot_not_drawn = Орындар әлі жеребеге салынған жоқ
    .detail = Жеребе топ жабылғанда тасталады. Тұқым туралы міндеттеме топпен бірге жарияланған.
problem-duplicate_case = Бұл жол жүру құжаты бойынша өтінім бар
    .detail = Бағдарламада бір жол жүру құжатына бір ғана өтінім қаралуы мүмкін.
problem-not_editable = Өтінімді қазір өзгертуге болмайды
    .detail = Оны жоба күйінде және мәлімет сұратылған кезде өзгертуге болады.
problem-finding_resolved = Ескертпе шешіліп қойған
    .detail = Онымен біреу айналысқан. Бетті жаңартыңыз.
problem-already_entered = Жолаушы кіріп қойған
    .detail = Алғашқы кіруден кейін бұл мүмкін емес.
problem-already_exists = Бұл бар
    .detail = Код, атау немесе мекенжай қолданыста. Басқасын таңдаңыз.
problem-link_unusable = Бұл сілтемені қолдануға болмайды
    .detail = Ол қолданылған немесе ескірген. Жаңасын сұраңыз.
problem-version_conflict = Біреу озып кетті
    .detail = Сіз қарағаннан бері өзгеріс болды. Жаңа нұсқаны қарап, қайта шешіңіз.
problem-too_large = Тым үлкен
    .detail = Жіберілген дерек қабылданатын көлемнен асады.
upload-too-large = Файл көлемі { $megabytes } МБ-тан аспауы керек. Оны кішірейтіңіз немесе бөліңіз.
problem-unsupported_media_type = Бұл түр қабылданбайды
    .detail = Content-Type тақырыбындағы түрді бұл мекенжай оқымайды.
problem-invalid = Кей жерін түзету керек
    .detail = Түзетуді қажет ететін әр өріс пен қатесі аталған. Ештеңе өзгерген жоқ.
problem-unknown_field = Белгісіз өрістер
    .detail = Мұнда жоқ өрістер жіберілген. Жазылуын тексеріңіз. Ештеңе өзгерген жоқ.
problem-version_required = Нұсқа көрсетілмеген
    .detail = If-Match тақырыбында көрген нұсқаңызды (ETag мәнін) жіберіңіз.
problem-too_many_attempts = Әрекет тым көп
    .detail = Келесі әрекет алдында сәл күтіңіз.
problem-internal = Бізде бірдеңе бұзылды
    .detail = Бұл біздің қатеміз, ол журналға жазылды. Ештеңе өзгерген жоқ. Қайталанса, төмендегі нөмірді қолдау қызметіне айтыңыз.
problem-unavailable = Уақытша қолжетімсіз
    .detail = Қызмет дерекқорға жете алмай тұр. Ештеңе жоғалған жоқ. Бірнеше секундтан кейін қайталаңыз.

problem-not_json-at = JSON қатесі: { $line }-жол, { $column }-таңба.
problem-request-id = Осы сұраудың нөмірі:

forbidden-scope = Қолжетімділік токенінде қажетті ауқым жоқ.
forbidden-role = Рөлдеріңіздің ешқайсысы бұған рұқсат бермейді.
forbidden-not_your_stage = Іс басқа органның кезеңінде.
forbidden-four_eyes = Сіз бұл істің алдыңғы кезеңін мақұлдағансыз; бұл кезеңді басқа қызметкер қарауы тиіс.
forbidden-own_case = Бұл сіздің өз ісіңіз.
forbidden-own_sponsor = Бұл сіздің ұйымыңыздың ісі.
forbidden-not_your_territory = Бұл ұйымыңызға қатысы жоқ аумаққа немесе бағдарламаға жатады.

field-error-unknown_field = Мұндай өріс жоқ. Жазылуын тексеріңіз.
field-error-wrong_type =
    { $expected ->
        [text] Мұнда мәтін болуы керек.
        [boolean] Мұнда true немесе false болуы керек.
        [number] Мұнда бүтін сан болуы керек.
        [list] Мұнда тізім болуы керек.
        [object] Мұнда объект болуы керек.
       *[other] Мәннің түрі дұрыс емес.
    }
field-error-required = Осы өрісті толтырыңыз.
field-error-unknown_code = Мыналардың бірін қолданыңыз: { $known }.
field-error-unknown_organisation = Мұндай ұйым жоқ.
field-error-unknown_programme = Мұндай бағдарлама жоқ.
field-error-not_an_assignee = «me», «none» немесе қызметкер тіркелгісінің id мәнін жазыңыз.
field-error-not_an_id = Бұл id емес. Толық көшіріңіз: 36 таңба, мысалы 01939b2e-5d3c-7a41-9d0e-0c5b1c6b7a10.
field-error-not_a_direction = Бағыт бағдарламаның екі түрлі аумағын дефиспен байланыстырады, мысалы CN-KZ.
field-error-malformed = Мән дұрыс жазылмаған.
field-error-too_long = Ең көбі { $most } таңба.
field-error-too_many = Ең көбі { $most } жазба.
field-error-too_many_files = Бұдан артық файл қабылданбайды. Алдымен біреуін жойыңыз.
field-error-out_of_range = { $least } мен { $most } аралығындағы санды енгізіңіз.
field-error-unprintable = Көрінбейтін таңбаларды алып тастаңыз.
field-error-not_a_code = 2–60 кіші латын әрпі, цифр және сызықша, мысалы cn-mofcom.
field-error-used_twice = Екі рет жазылған. Біреуін алып тастаңыз.
field-error-unknown_country = Елді екі әріпті кодпен (ISO 3166-1) көрсетіңіз, мысалы CN немесе KZ.
field-error-unknown_batch = Өтінім қабылдайтын мұндай партия жоқ.
field-error-unknown_sponsor = Мұндай демеуші жоқ.
field-error-not_your_sponsor = Өтінімді тек өз ұйымыңыз атынан бере аласыз.
field-error-unknown_finding = Мұндай ескертпе жоқ.
field-error-not_an_officer_here = Бұл адам осы кезең органының қызметкері емес.
field-error-role_needs_organisation =
    { $kind ->
        [authority] Бұл рөл үшін ұйым мемлекеттік орган болуы керек.
        [sponsor] Бұл рөл үшін ұйым демеуші болуы керек.
        [verifier] Бұл рөл үшін ұйым тексеруші болуы керек.
       *[other] Бұл рөл үшін басқа ұйым керек немесе ұйым керек емес.
    }
field-error-not_an_email = Электрондық пошта мекенжайын енгізіңіз, мысалы name@example.org.
field-error-not_a_phone = Ел кодымен телефон нөмірін енгізіңіз, мысалы +7 701 234 56 78.
field-error-not_a_date = Бар күнді енгізіңіз: жыл, ай, күн, мысалы 2026-03-05.
field-error-not_an_instant = Уақыт белдеуімен күн мен уақытты енгізіңіз, мысалы 2026-03-05T14:30:00Z.
field-error-impossible_date = Мұндай күн болуы мүмкін емес. Тексеріңіз.
field-error-before_start = Соңы басынан бұрын. Екі күнді де тексеріңіз.
field-error-in_the_past = Бұл күн өтіп кеткен. Кейінгі күнді енгізіңіз.
field-error-too_late = Бұл күн тым кеш. Ертерек күнді енгізіңіз.
field-error-outside_travel_window = Сапар осы партияның мерзіміне сай болуы керек: { $from } – { $until }.
field-error-outside_journey = Бұл сапар мерзімінен тыс.
field-error-stay_too_long = Болу мерзімі ең көбі { $days } күн.
field-error-too_young = Жолаушы кемінде { $years } жаста болуы керек.
field-error-direction_mismatch = Бұл бағыт үшін жолаушы мына елдің азаматы немесе тұрғыны болуы керек: { $country }.
field-error-passport_expires_too_soon = Жол жүру құжаты сапардан кейін { $months } ай жарамды болуы керек, кемінде мына күнге дейін: { $date }.
field-error-not_a_document_number = Нөмірді құжаттағыдай енгізіңіз: әріптер мен цифрлар.
field-error-not_an_mrz = Паспорт бетінің төменгі жағындағы 44 таңбадан тұратын екі жолды енгізіңіз.
field-error-check_digit = Бақылау цифры сәйкес келмейді. Құжатпен таңбалап салыстырыңыз.
field-error-evidence_missing = Міндетті құжат жетіспейді. Жүктеңіз: { $kind }.
field-error-must_be_declared = Мұны растау қажет, онсыз өтінім берілмейді.
field-error-fixed_after_submission = Өтінім берілген соң мұны өзгертуге болмайды.
field-error-wrong_password = Бұл ағымдағы құпиясөзіңіз емес.
field-error-already_in_use = Бұл қолданыста. Басқасын таңдаңыз.
field-error-password_too_short = Кемінде { $least } таңба қолданыңыз.
field-error-password_too_common = Бұл құпиясөзді табу оңай. Басқасын таңдаңыз, мысалы, байланыссыз төрт сөз.
field-error-not_a_cursor = Мұндай курсорды біз берген жоқпыз. Бірінші беттен бастаңыз.
field-error-empty_file = Файл бос. Басқасын таңдаңыз.
field-error-not_a_paper = Бұл PDF, JPEG немесе PNG емес. Басқа файл таңдаңыз немесе осы пішімдердің бірінде сақтаңыз.
field-error-below_use = Сақталған және алынған орын одан көп. Үлкенірек сан енгізіңіз.
field-error-fixed_after_opening = Жеребе топ ашылғанға дейін уәде етіледі. Енді оны өзгертуге болмайды.
field-error-ballot_needs_line = Жеребемен берілетін орындарға күту тізімі керек: жеребеге дейін барлық өтінім күтеді.
